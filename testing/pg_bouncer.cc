#include "testing/pg_bouncer.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace lockstitch::testing {
namespace {

constexpr char kPort[] = "6432";

}  // namespace

PgBouncer::PgBouncer(const PostgresCluster& cluster, const std::string& pool_mode, int pool_size) {
  // It refuses to run as root; where the test is root it runs as PostgreSQL's user.
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);
  std::ofstream(folder_.path() + "/pgbouncer.ini")
      << "[databases]\n* = host=" << cluster.socket_folder() << " port=" << cluster.port()
      << " user=lockstitch\n[pgbouncer]\nunix_socket_dir = " << folder_.path()
      << "\nlisten_port = " << kPort << "\nauth_type = any\npool_mode = " << pool_mode
      << "\ndefault_pool_size = " << pool_size << "\n";
  process_ = std::make_unique<ChildProcess>(ChildProcess::Options{
      .command = {"/usr/sbin/pgbouncer", folder_.path() + "/pgbouncer.ini"}, .user = "postgres"});
  if (!process_->WaitForLine("process up").empty()) return;
  std::cerr << "pgbouncer did not start:\n" << process_->stderr_text() << std::endl;
  std::abort();
}

std::string PgBouncer::Url(const std::string& database) const {
  return "host=" + folder_.path() + " port=" + kPort + " user=lockstitch dbname=" + database;
}

}  // namespace lockstitch::testing
