#include "access/rules.h"

#include <google/protobuf/descriptor.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lockstitch/v1/access.pb.h"
#include "lockstitch/v1/checksum.pb.h"
#include "lockstitch/v1/control.pb.h"
#include "lockstitch/v1/discovery.pb.h"
#include "lockstitch/v1/extractor.pb.h"
#include "lockstitch/v1/loader.pb.h"
#include "lockstitch/v1/scheduler.pb.h"

namespace lockstitch::access {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

std::vector<const MethodDescriptor*> EveryMethod() {
  std::vector<const MethodDescriptor*> methods;
  for (const FileDescriptor* file :
       {v1::Token::descriptor()->file(), v1::ChecksumRequest::descriptor()->file(),
        v1::RunJobRequest::descriptor()->file(), v1::DiscoverRequest::descriptor()->file(),
        v1::ExtractRequest::descriptor()->file(), v1::LoadRequest::descriptor()->file(),
        v1::RunOnceRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      const ServiceDescriptor* service = file->service(i);
      for (int j = 0; j < service->method_count(); ++j) methods.push_back(service->method(j));
    }
  }
  return methods;
}

std::string NameOf(const MethodDescriptor& method) {
  return method.service()->full_name() + "/" + method.name();
}

TEST(RulesTest, EveryMethodHasOneRuleAndNothingElseHas) {
  std::multiset<std::string> served = {
      "grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch",
      "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"};
  for (const MethodDescriptor* method : EveryMethod()) served.insert(NameOf(*method));
  std::multiset<std::string> ruled;
  for (const Rule& rule : AllRules()) ruled.emplace(rule.method);
  EXPECT_EQ(ruled, served);
}

TEST(RulesTest, EachRuleIsFoundByItsMethodAlone) {
  for (const Rule& rule : AllRules()) EXPECT_EQ(RuleOf(rule.method), &rule);
  for (const char* unknown : {"", "lockstitch.v1.JobService", "lockstitch.v1.JobService/runjob",
                              "/lockstitch.v1.JobService/RunJob"}) {
    EXPECT_EQ(RuleOf(unknown), nullptr) << unknown;
  }
}

TEST(RulesTest, OnlyHealthAndReflectionAreOpenToAnyone) {
  for (const Rule& rule : AllRules()) {
    if (rule.audience == Audience::kAnyone) {
      EXPECT_EQ(rule.method.substr(0, 5), "grpc.") << rule.method;
    } else if (rule.audience == Audience::kUsers) {
      EXPECT_NE(rule.least, Role::kNone) << rule.method;
    } else {
      EXPECT_FALSE(rule.changes) << rule.method;
    }
  }
}

TEST(RulesTest, AViewerChangesNothing) {
  for (const Rule& rule : AllRules()) {
    if (rule.changes) {
      EXPECT_GE(rule.least, Role::kOperator) << rule.method;
    }
  }
}

// What is told of a change is read from the one message of its request.
TEST(RulesTest, NoChangeIsAStreamOfRequests) {
  for (const MethodDescriptor* method : EveryMethod()) {
    const Rule* rule = RuleOf(NameOf(*method));
    ASSERT_NE(rule, nullptr) << NameOf(*method);
    EXPECT_FALSE(rule->changes && method->client_streaming()) << rule->method;
  }
}

TEST(RulesTest, TheDocumentedPageIsTheOneMadeFromTheTable) {
  std::ifstream file("docs/access.md");
  std::stringstream documented;
  documented << file.rdbuf();
  EXPECT_EQ(documented.str(), AccessPage())
      << "bazel run //access:print_access_page > docs/access.md";
}

}  // namespace
}  // namespace lockstitch::access
