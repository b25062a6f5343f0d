#include "rpc/server_flags.h"

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lockstitch::rpc {
namespace {

using ::testing::HasSubstr;

// What the flag makes of a text; its default where it refuses that.
absl::Duration Parsed(const std::string& text, absl::Duration least = absl::ZeroDuration()) {
  CLI::App app;
  absl::Duration value = absl::Seconds(7);
  AddDurationFlag(app, "--wait", value, "how long", least);
  try {
    app.parse("--wait=" + text);
  } catch (const CLI::ParseError&) {
    EXPECT_EQ(value, absl::Seconds(7)) << text;
  }
  return value;
}

TEST(DurationFlagTest, TakesDaysAndSmallerUnits) {
  EXPECT_EQ(Parsed("90s"), absl::Seconds(90));
  EXPECT_EQ(Parsed("1h30m"), absl::Minutes(90));
  EXPECT_EQ(Parsed("60d"), absl::Hours(60 * 24));
  EXPECT_EQ(Parsed("1d12h"), absl::Hours(36));
  EXPECT_EQ(Parsed("0"), absl::ZeroDuration());
}

TEST(DurationFlagTest, RefusesWhatIsNoneOrLessThanTheLeast) {
  for (const char* text : {"60", "d", "1.5d", "d5", "1dd", "-1h", "-1d", "1d-25h", "soon"})
    EXPECT_EQ(Parsed(text), absl::Seconds(7)) << text;
  EXPECT_EQ(Parsed("23h", absl::Hours(24)), absl::Seconds(7));
  EXPECT_EQ(Parsed("1d", absl::Hours(24)), absl::Hours(24));
}

TEST(DurationFlagTest, TellsItsDefaultInDays) {
  CLI::App app;
  absl::Duration value = absl::Hours(60 * 24);
  EXPECT_EQ(AddDurationFlag(app, "--keep", value, "how long")->get_description(), "how long [60d]");
}

// What flags are refused with; empty if they are taken.
std::string Refusal(const std::string& flags) {
  CLI::App app;
  ServerFlags parsed = {.listen = "127.0.0.1:7400", .metrics_listen = "127.0.0.1:9400"};
  AddServerFlags(app, parsed);
  try {
    app.parse(flags);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return "";
}

constexpr char kTls[] = " --tls-ca=ca --tls-cert=cert --tls-key=key";

TEST(ServerFlagsTest, WhatIsReachedFromElsewhereHasTlsOrIsNamed) {
  for (const std::string flag : {"--listen", "--metrics-listen", "--health-listen"}) {
    const std::string name = flag == "--listen"           ? "grpc"
                             : flag == "--metrics-listen" ? "metrics"
                                                          : "health";
    const std::string elsewhere = flag + "=0.0.0.0:7000";
    EXPECT_EQ(Refusal(flag + "=127.0.0.1:7000"), "");
    EXPECT_EQ(Refusal(elsewhere + " --plaintext=" + name), "");
    EXPECT_EQ(Refusal(elsewhere + " --plaintext=grpc,metrics,health"), "");
    EXPECT_THAT(Refusal(elsewhere), HasSubstr("LISTEN_ADDRESS_REFUSED: '0.0.0.0:7000'"));
    EXPECT_THAT(Refusal(elsewhere + " --plaintext=" + (name == "grpc" ? "health" : "grpc")),
                HasSubstr(name + " has no TLS"));
  }
  // TLS is gRPC's alone.
  EXPECT_EQ(Refusal(std::string("--listen=0.0.0.0:7000") + kTls), "");
  EXPECT_THAT(Refusal(std::string("--metrics-listen=0.0.0.0:7000") + kTls),
              HasSubstr("metrics has no TLS"));
  EXPECT_THAT(Refusal(std::string("--health-listen=0.0.0.0:7000") + kTls),
              HasSubstr("health has no TLS"));
}

TEST(ServerFlagsTest, OthersThanTheMachineNameNoFilesUnlessItIsToldWhere) {
  const auto folder = [](const std::string& flags) {
    CLI::App app;
    ServerFlags parsed = {.listen = "127.0.0.1:7400", .metrics_listen = "127.0.0.1:9400"};
    AddServerFlags(app, parsed);
    app.parse(flags);
    return parsed.connection_files;
  };
  const std::string own = " --connection-files=" + ::testing::TempDir();
  EXPECT_EQ(folder(""), std::nullopt);
  EXPECT_EQ(folder("--plaintext=metrics,health"), std::nullopt);
  EXPECT_EQ(folder(own), ::testing::TempDir());
  for (const std::string others : {kTls, "--plaintext=grpc"}) {
    EXPECT_EQ(folder(others), "");
    EXPECT_EQ(folder(others + own), ::testing::TempDir());
  }
  EXPECT_THAT(Refusal("--connection-files=/nowhere"), HasSubstr("/nowhere"));
}

TEST(ServerFlagsTest, TheFilesOfTlsBelongTogether) {
  EXPECT_EQ(Refusal(kTls), "");
  for (const char* part :
       {"--tls-ca=ca", "--tls-cert=cert", "--tls-key=key", "--tls-ca=ca --tls-cert=cert",
        "--tls-ca=ca --tls-key=key", "--tls-cert=cert --tls-key=key"})
    EXPECT_NE(Refusal(part), "") << part;
  EXPECT_THAT(Refusal(std::string("--plaintext=grpc") + kTls), HasSubstr("contradicts"));
}

}  // namespace
}  // namespace lockstitch::rpc
