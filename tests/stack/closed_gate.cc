#include "tests/stack/closed_gate.h"

namespace lockstitch::tests {

ClosedGate::ClosedGate(const std::string& source_url, const std::string& table)
    : holder_(source_url) {
  holder_.Run("CREATE VIEW public.held AS SELECT * FROM public." + table +
              " WHERE pg_catalog.pg_advisory_xact_lock_shared(1) IS NOT NULL");
  holder_.Text("SELECT pg_advisory_lock(1)");
}

void ClosedGate::AwaitReader() {
  holder_.Await(
      "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database "
      "= "
      "(SELECT oid FROM pg_database WHERE datname = current_database())");
}

void ClosedGate::Open() { holder_.Text("SELECT pg_advisory_unlock(1)"); }

}  // namespace lockstitch::tests
