// What every call answers to names that name nothing. That each error has a reason, a remedy and
// the reason's code is tested of every call of ApiTest.

#include "gmock/gmock.h"
#include "tests/control_plane/api_test.h"

namespace lockstitch::tests {
namespace {

using ::lockstitch::testing::HasReason;

class ErrorsTest : public ApiTest {
 protected:
  // Of a call that is about an integration, or about what it has by the names `suffix`.
  template <typename Stub, typename Request, typename Response>
  void ExpectRefused(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                     const std::string& suffix = "", Request request = {}) {
    const google::protobuf::FieldDescriptor* name = Request::descriptor()->FindFieldByName("name");
    if (name == nullptr) name = Request::descriptor()->FindFieldByName("parent");
    const auto call = [&](const std::string& resource) {
      request.GetReflection()->SetString(&request, name, resource);
      return Call(method, request);
    };
    EXPECT_THAT(call(name_ + suffix), HasReason(Reason::kIntegrationNotFound))
        << Request::descriptor()->name();
    for (const std::string& malformed : {std::string(), id_ + suffix, name_ + "/" + suffix})
      EXPECT_THAT(call(malformed), HasReason(Reason::kUsageInvalid))
          << Request::descriptor()->name() << " " << malformed;
  }
};

TEST_F(ErrorsTest, WhatIsNotThereAndWhatIsNoNameIsRefusedByEveryCall) {
  v1::UpdateIntegrationRequest update;
  update.mutable_update_mask()->add_paths("quota");
  v1::UpdateStreamsRequest streams;
  streams.add_streams()->set_stream("public.t");
  v1::SetBookmarkRequest bookmark;
  bookmark.set_bookmark("1");
  ExpectRefused(&IntegrationApi::GetIntegration);
  ExpectRefused(&IntegrationApi::UpdateIntegration, "", update);
  ExpectRefused(&IntegrationApi::DeleteIntegration);
  ExpectRefused(&IntegrationApi::CheckIntegration);
  ExpectRefused(&IntegrationApi::PauseIntegration);
  ExpectRefused(&IntegrationApi::ResumeIntegration);
  ExpectRefused(&IntegrationApi::ListStreams);
  ExpectRefused(&IntegrationApi::UpdateStreams, "", streams);
  ExpectRefused(&IntegrationApi::ResetStreams);
  ExpectRefused(&IntegrationApi::GetBookmark, "/streams/public.t");
  ExpectRefused(&IntegrationApi::SetBookmark, "/streams/public.t", bookmark);
  ExpectRefused(&JobApi::RunJob);
  ExpectRefused(&JobApi::StopJob);
  ExpectRefused(&JobApi::GetJob, "/jobs/1");
  ExpectRefused(&JobApi::ListJobs);
  ExpectRefused(&JobApi::ListLogEntries);
  ExpectRefused(&ReportApi::ListLoadReports);
  ExpectRefused(&ReportApi::ListUsage);
  ExpectRefused(&ReportApi::ListSkippedSlots);
  EXPECT_THAT(Watch(name_, [](const v1::JobEvent&) {}), HasReason(Reason::kIntegrationNotFound));
  EXPECT_THAT(Watch("", [](const v1::JobEvent&) {}), HasReason(Reason::kUsageInvalid));
}

TEST_F(ErrorsTest, JobsThatAreNotThereAreNotFound) {
  Create();
  v1::GetJobRequest get;
  get.set_name(name_ + "/jobs/none");
  EXPECT_THAT(Call(&JobApi::GetJob, get), HasReason(Reason::kJobNotFound));
  v1::ListLogEntriesRequest log;
  log.set_parent(get.name());
  EXPECT_THAT(Call(&JobApi::ListLogEntries, log), HasReason(Reason::kJobNotFound));
  for (const std::string& name : {get.name(), name_})
    EXPECT_THAT(Watch(name, [](const v1::JobEvent&) {}), HasReason(Reason::kJobNotFound));
}

}  // namespace
}  // namespace lockstitch::tests
