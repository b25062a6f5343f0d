#include "services/scheduler/store/test_catalog.h"

#include <atomic>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "rpc/timestamp.h"

namespace lockstitch::scheduler {
namespace {

void OrDie(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << std::endl;
  std::abort();
}
using scheduler::OrDie;

std::string MakeDatabase() {
  static std::atomic<int> made = 0;
  const std::string name = absl::StrCat("catalog_", ++made);
  testing::MakeDatabase(TestCatalog::Cluster().Url("postgres"), name);
  return TestCatalog::Cluster().Url(name);
}

SecretBox MakeSecrets() {
  testing::TemporaryFolder folder;
  const std::string path = folder.path() + "/keys";
  OrDie(SecretBox::CreateFile(path));
  return OrDie(SecretBox::Open(path));
}

std::unique_ptr<Catalog> OpenCatalog(const std::string& url) {
  v1::PostgresConnection server;
  server.set_url(url);
  return OrDie(Catalog::Open(server));
}

}  // namespace

TestCatalog::TestCatalog()
    : url(MakeDatabase()),
      database(url),
      secrets(MakeSecrets()),
      catalog(OpenCatalog(url)),
      integrations(catalog.get(), &secrets),
      jobs(catalog.get()),
      reports(catalog.get()) {}

testing::PostgresCluster& TestCatalog::Cluster() {
  static testing::PostgresCluster cluster(
      {.settings = {"shared_preload_libraries = 'pg_stat_statements'"}});
  return cluster;
}

v1::Integration TestCatalog::Settings(const std::string& id) {
  v1::Integration integration;
  integration.set_name(id);
  integration.mutable_source()->mutable_postgres()->set_url(
      absl::StrCat("postgres://u:", kPassword, "@source/db"));
  integration.mutable_destination()->mutable_postgres()->set_host("warehouse");
  integration.mutable_destination()->mutable_postgres()->set_password(kPassword);
  integration.mutable_schedule()->mutable_every()->set_seconds(3600);
  v1::Webhook* webhook = integration.add_webhooks();
  webhook->set_url(absl::StrCat("https://hooks.example/in?token=", kPassword));
  webhook->set_signing_key(kPassword);
  return integration;
}

NewIntegration TestCatalog::New(const std::string& id) const {
  return {.id = id, .uid = absl::StrCat("uid-", id), .integration = Settings(id)};
}

KeptIntegration TestCatalog::Create(const std::string& id) {
  return OrDie(integrations.Create(New(id)));
}

LeaderStore TestCatalog::Lead() {
  return LeaderStore(
      catalog.get(), &secrets,
      database.Int("UPDATE lockstitch.leadership SET term = term + 1 RETURNING term"));
}

v1::Job TestCatalog::Request(const std::string& id) {
  return OrDie(jobs.Request(id, /*request_id=*/"")).job;
}

v1::Job TestCatalog::Start(const LeaderStore& leader, const std::string& id,
                           const std::vector<std::string>& streams) {
  const v1::Job job = Request(id);
  OrDie(leader.StartJob(job));
  std::vector<v1::StreamRun> runs;
  for (const std::string& stream : streams) {
    v1::StreamRun& run = runs.emplace_back();
    run.set_run_id(absl::StrCat(job.job_id(), "-", stream));
    run.set_stream(stream);
  }
  OrDie(leader.AddRuns(job.job_id(), runs));
  return OrDie(jobs.Get(id, job.job_id())).job;
}

EndedRun TestCatalog::Ended(const v1::Job& job, const std::string& stream, v1::StreamRunState state,
                            int64_t rows, absl::Time at) {
  EndedRun ended;
  ended.run.set_run_id(absl::StrCat(job.job_id(), "-", stream));
  ended.run.set_stream(stream);
  ended.run.set_state(state);
  ended.run.mutable_progress()->set_rows_loaded(rows);
  *ended.run.mutable_ended_at() = rpc::ToTimestamp(at);
  ended.rows = rows;
  return ended;
}

v1::Job TestCatalog::EndedJob(v1::Job job, v1::JobState state, absl::Time at) {
  job.set_state(state);
  *job.mutable_ended_at() = rpc::ToTimestamp(at);
  return job;
}

bool TestCatalog::Holds(const std::string& text) {
  const std::string hex = absl::BytesToHexString(text);
  for (const std::string& table : database.List(
           "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = "
           "'lockstitch'")) {
    const int64_t rows =
        database.Int(absl::StrCat("SELECT count(*) FROM ", table, " t WHERE strpos(t::text, '",
                                  text, "') > 0 OR strpos(t::text, '", hex, "') > 0"));
    if (rows > 0) return true;
  }
  return false;
}

}  // namespace lockstitch::scheduler
