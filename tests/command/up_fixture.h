#ifndef LOCKSTITCH_TESTS_COMMAND_UP_FIXTURE_H_
#define LOCKSTITCH_TESTS_COMMAND_UP_FIXTURE_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/child_process.h"
#include "testing/temporary_folder.h"

namespace lockstitch::tests {

// `lockstitch up` with a private catalog, and the command as its client, as a new user has them.
// Nothing that either prints holds a password.
class UpTest : public ::testing::Test {
 protected:
  static constexpr char kStreams[] =
      "[public.items, {stream: public.orders, method: INCREMENTAL, replication_key: updated_at}]";

  // With a source that has public.orders, of 1,000 rows, and public.items, of ten.
  UpTest();

  // Starts it, and writes a file whose jobs are run by hand alone.
  void SetUp() override;
  // What it has in its folder is left alone by then.
  void TearDown() override;

  void Start(const std::vector<std::string>& flags = {});
  // Stops it.
  void Stop();

  // Makes an empty database, and answers its URL.
  static std::string MakeDatabase(const std::string& name);
  // Writes the file of the integration `shop` of these streams, with more at its end.
  void WriteFile(const std::string& more, const std::string& streams = kStreams) const;
  std::string File() const { return folder_.path() + "/shop.yaml"; }

  testing::CommandResult Run(std::vector<std::string> arguments) const;
  // What it prints; it must succeed.
  std::string RunForText(const std::vector<std::string>& arguments) const;
  nlohmann::json RunForJson(std::vector<std::string> arguments) const;

  const std::string source_url_;
  const std::string destination_url_;
  const testing::TemporaryFolder folder_;
  std::unique_ptr<testing::ChildProcess> up_;
  std::string server_;
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_COMMAND_UP_FIXTURE_H_
