#ifndef LOCKSTITCH_TESTS_CRASH_STREAM_KINDS_H_
#define LOCKSTITCH_TESTS_CRASH_STREAM_KINDS_H_

#include <cstdint>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "lockstitch/v1/integration.pb.h"
#include "testing/database.h"
#include "testing/rendezvous.h"
#include "tests/stack/clusters.h"
#include "tests/stack/stack.h"

namespace lockstitch::tests {

// How public.t is replicated: each kind takes another way through extractor and loader.
struct StreamKind {
  std::string name;
  v1::ReplicationMethod method;
  bool keyed;    // Has a primary key.
  bool indexed;  // Has an index on the replication key, which gives its rows in order.
  bool first;    // The job looked at is the stream's first one.
  uint32_t ranges;
  bool view = false;    // Of a table without a key: of its rows with one id the newest stays.
  bool open = false;    // A transaction is open at the source during the job looked at.
  bool merged = false;  // A view at the destination needs the table.

  // Its changes come in the order of the replication key, in chunks.
  bool InOrder() const { return method == v1::REPLICATION_METHOD_INCREMENTAL && indexed && !first; }
};
// Those of the names, or all.
std::vector<StreamKind> StreamKinds(const std::set<std::string>& names = {});
void PrintTo(const StreamKind& kind, std::ostream* out);

// Tests of one job of public.t.
class StreamKindTest : public ClustersTest {
 protected:
  static constexpr int kFirstRows = 4000;
  static constexpr int kChangedRows = 2000;
  static constexpr int kChunkRows = 400;
  static constexpr int kRowsPastHorizon = 100;

  // Services without failpoints, which the program's tests share.
  static Stack& SharedStack();
  // Services with chunks of kChunkRows rows, and an action at the failpoint `step`, whose name
  // begins with its service's.
  static Stack StackWith(const std::string& step, const std::string& action);

  // Makes the table; where the kind isn't about the first job, runs that and changes kChangedRows
  // rows. All of it was stamped long ago, so that nothing lies past a horizon, each row with a key
  // of its own. Where a transaction is to be open, one has begun to write, and kRowsPastHorizon
  // rows have been committed since.
  void Prepare(const StreamKind& kind);
  void CommitOpenTransaction() { writer_->Run("COMMIT"); }
  v1::Integration Job(const StreamKind& kind) const;

  // How many rows the next job has to load: for an incremental stream those that changed, and the
  // one at the bookmark.
  int64_t RowsToLoad(const StreamKind& kind) const;

  void ExpectExact();

 private:
  std::string expected_;  // What the destination is to hold: a table, or a query in brackets.
  std::unique_ptr<testing::Database> writer_;  // Whose transaction is open.
};

}  // namespace lockstitch::tests

#endif  // LOCKSTITCH_TESTS_CRASH_STREAM_KINDS_H_
