#ifndef LOCKSTITCH_TESTS_STACK_SCRIPTED_RUN_H_
#define LOCKSTITCH_TESTS_STACK_SCRIPTED_RUN_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "batch/builder.h"
#include "lockstitch/v1/loader.pb.h"
#include "services/loader/loader_client.h"

namespace lockstitch::tests {

// One stream run whose owner and extractor are the test itself, so that every step comes when the
// test says so. The stream is public.t of two integers, `id` and `version`, with the key `id`
// unless made without; its range 0 holds row 1 and its range 1 row 2, both of the version that the
// run's snapshot saw. As INCREMENTAL it is read by `version`, in one range, with the rows that the
// test sends.
class ScriptedRun {
 public:
  ScriptedRun(const std::string& destination_url, int version, bool keyed = true);

  struct Row {
    int32_t id;
    int32_t version;
  };

  // The calls of the protocol, at the loader given. ReserveRun also makes the extraction anew.
  absl::Status Reserve(const loader::LoaderClient& loader);
  // ReserveRun of that draw alone, as of a request that comes late or twice: the fence.
  absl::StatusOr<int64_t> Draw(const loader::LoaderClient& loader, uint32_t draw);
  absl::StatusOr<v1::BeginLoadResponse> Begin(const loader::LoaderClient& loader);
  absl::Status SendRange(const loader::LoaderClient& loader, uint32_t range);
  // Opens range 0 and sends what is left of it as one chunk.
  absl::Status SendRows(const loader::LoaderClient& loader, const std::vector<Row>& rows);
  absl::StatusOr<v1::LoadResult> Finish(const loader::LoaderClient& loader);
  absl::StatusOr<v1::LoadResult> Abort(const loader::LoaderClient& loader);

  // Reserve, Begin, both ranges, Finish.
  absl::StatusOr<v1::LoadResult> RunAll(const loader::LoaderClient& loader);
  // Reserve, Begin, SendRows, Finish.
  absl::StatusOr<v1::LoadResult> RunAll(const loader::LoaderClient& loader,
                                        const std::vector<Row>& rows);

  // A Load call, step by step.
  class Range {
   public:
    Range(ScriptedRun& run, const loader::LoaderClient& loader, uint32_t range);
    Range(const Range&) = delete;

    absl::StatusOr<v1::LoadResponse> Open();
    void SendBatch();
    void SendRows(const std::vector<Row>& rows);
    // Of a range of keys: ids.
    void SendKeys(const std::vector<int32_t>& ids);
    absl::StatusOr<v1::LoadResponse> EndChunk(bool ends_range = true);
    // Changes the next batch's bytes after its checksum was made.
    void Corrupt() { corrupt_ = true; }

   private:
    absl::StatusOr<v1::LoadResponse> Answer();

    ScriptedRun& run_;
    uint32_t number_;
    bool corrupt_ = false;
    std::unique_ptr<loader::LoaderClient::LoadStream> stream_;
    v1::LoadRequest batch_;
    batch::Builder builder_;
    v1::Extent chunk_;
    uint32_t next_chunk_ = 0;
    v1::Extent durable_;  // As far as this call knows.
  };

  v1::Claim& claim() { return claim_; }
  // What Begin tells besides.
  void set_method(v1::ReplicationMethod method) { method_ = method; }
  void set_database(const std::string& database) { database_ = database; }
  void set_position(const std::string& position) { position_ = position; }
  void set_horizon(const std::string& horizon) { horizon_ = horizon; }
  void set_reset_generation(int64_t generation) { reset_generation_ = generation; }
  // Deletes are looked for by an extractor that speaks this version of the protocol.
  void set_deletes(v1::DeleteAction action, uint32_t protocol) {
    settings_.mutable_deletes()->set_action(action);
    protocol_ = protocol;
  }
  // What Finish will report for each range.
  std::map<uint32_t, v1::Extent>& extents() { return extents_; }

 private:
  v1::Claim claim_;
  int version_;
  bool keyed_;
  v1::ReplicationMethod method_ = v1::REPLICATION_METHOD_FULL_TABLE;
  uint32_t draws_ = 0;
  std::string database_ = "source";
  std::string position_;
  std::optional<std::string> horizon_;
  int64_t reset_generation_ = 0;
  v1::StreamSettings settings_;
  uint32_t protocol_ = 0;
  std::map<uint32_t, v1::Extent> extents_;
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_STACK_SCRIPTED_RUN_H_
