// Text that would be more than text: in names and values of a source, in filters, in every text of
// the API, and in connections. Nothing but the streams' own tables may change at either database,
// and nothing but the rows of its tables at the catalog; every refusal has a reason.

#include <google/protobuf/descriptor.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "postgres/quote.h"
#include "tests/control_plane/api_test.h"

namespace lockstitch::tests {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::lockstitch::testing::IsOk;
using postgres::QuoteIdentifier;
using postgres::QuoteLiteral;
using postgres::QuoteQualified;
using ::testing::AnyOf;
using ::testing::Not;

// Each may be a name of PostgreSQL.
const std::vector<std::string>& HostileNames() {
  static const auto* const names = new std::vector<std::string>{
      "x'; DROP TABLE canary.t; --",
      "x\"; DROP TABLE canary.t; --",
      "x\\'; DROP ROLE canary; --",
      "x'); DROP SCHEMA canary CASCADE; --",
      "$$; DROP TABLE canary.t; $$",
      "x', pg_catalog.setval('canary.s', 7), '",
      "x */ DROP TABLE canary.t; /*",
      "x\n;DROP TABLE canary.t;\n",
      "U&\"\\0022; DROP TABLE canary.t\"",
      "{\"a\",NULL}",
      "\"\"",
      "'",
      "\\",
      "%s%n%1$s",
      "${HOME} `id` $(id)",
      "\xE2\x80\x99; DROP TABLE canary.t; --",  // A quotation mark of Unicode's.
      "\xE2\x80\xAE; t.yranac ELBAT PORD",      // Written from right to left.
      std::string(63, '"'),
  };
  return *names;
}

// Each may come in a message.
std::vector<std::string> HostileTexts() {
  return {HostileNames()[0],
          HostileNames()[1],
          HostileNames()[2],
          std::string("x\0'; DROP TABLE canary.t; --", 28),
          std::string(100'000, '\''),
          "../../../../etc/passwd",
          "/dev/zero",
          "\r\nX-Header: x",
          "integrations/x/jobs/../../y"};
}

// What could be changed in a database by more than was asked for; not what is in the schemas that
// $ names as own.
constexpr char kState[] = R"sql(
WITH own AS (SELECT oid FROM pg_namespace
             WHERE nspname = '$' OR nspname ~ '^(_lockstitch|pg_temp|pg_toast)')
SELECT string_agg(line, E'\n' ORDER BY line) FROM (
  SELECT 'schema ' || nspname FROM pg_namespace WHERE oid NOT IN (SELECT oid FROM own)
  UNION ALL SELECT format('relation %s %s %s', c.oid::regclass, relkind, relacl) FROM pg_class c
                   WHERE relnamespace NOT IN (SELECT oid FROM own)
  UNION ALL SELECT 'function ' || p.oid::regprocedure FROM pg_proc p
                   WHERE pronamespace NOT IN (SELECT oid FROM own)
  UNION ALL SELECT 'role ' || r::text FROM pg_roles r
  UNION ALL SELECT 'database ' || datname FROM pg_database
  UNION ALL SELECT 'extension ' || extname FROM pg_extension
  UNION ALL SELECT 'setting ' || s::text FROM pg_db_role_setting s
  UNION ALL SELECT 'large object ' || oid FROM pg_largeobject_metadata
  UNION ALL SELECT 'row ' || t::text FROM canary.t
  UNION ALL SELECT 'sequence ' || last_value || is_called FROM canary.s) AS lines (line))sql";

class HostileInputTest : public ApiTest {
 protected:
  HostileInputTest() {
    for (testing::Database* database : {source_.get(), destination_.get(), &catalog_}) {
      database->Run(
          "DROP SCHEMA IF EXISTS canary CASCADE; CREATE SCHEMA canary; CREATE TABLE canary.t AS "
          "SELECT 1 AS i; CREATE SEQUENCE canary.s;"
          "CREATE FUNCTION canary.drop_it() RETURNS boolean LANGUAGE plpgsql AS "
          "'BEGIN DROP TABLE canary.t; RETURN true; END';"
          "DO 'BEGIN CREATE ROLE canary; EXCEPTION WHEN duplicate_object THEN END'");
    }
  }
  void TearDown() override {
    EXPECT_EQ(State(), before_);
    ApiTest::TearDown();
  }

  // Holds what is there by now against what is there at the test's end.
  void Keep() { before_ = State(); }

  std::vector<std::string> State() {
    std::vector<std::string> states;
    for (testing::Database* database : {source_.get(), destination_.get(), &catalog_}) {
      std::string sql = kState;
      sql.replace(sql.find('$'), 1, database == destination_.get() ? id_ : "");
      states.push_back(database->Text(sql));
    }
    return states;
  }

  // Runs a job of the integration, whose streams all have to be there, and answers it.
  v1::GetJobResponse RunJobOf(const std::string& parent) {
    v1::RunJobRequest request;
    request.set_parent(parent);
    const auto made = Call(&JobApi::RunJob, request);
    EXPECT_THAT(made, IsOk());
    return Await(made.value_or(v1::RunJobResponse()).job());
  }

  // Calls it with each hostile text in each of its own texts, the others being as they are.
  template <typename Stub, typename Request, typename Response>
  void CallWithTexts(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                     const Request& request) {
    for (int i = 0; i < Request::descriptor()->field_count(); ++i) {
      const FieldDescriptor* field = Request::descriptor()->field(i);
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) continue;
      for (const std::string& text : HostileTexts()) {
        SCOPED_TRACE(absl::StrCat(field->full_name(), ": ", text.substr(0, 100)));
        Request hostile = request;
        if (field->is_repeated()) {
          hostile.GetReflection()->AddString(&hostile, field, text);
        } else {
          hostile.GetReflection()->SetString(&hostile, field, text);
        }
        // Whether it is refused or answered: ApiTest looks at the error.
        Call(method, hostile).status().IgnoreError();
      }
    }
  }

  std::vector<std::string> before_;
};

TEST_F(HostileInputTest, NamesAndValuesOfASourceArriveAsTheyAre) {
  const std::string schema = HostileNames()[0], type = HostileNames()[1] + "?";
  source_->Run(absl::StrCat("CREATE SCHEMA ", QuoteIdentifier(schema), "; CREATE TYPE ",
                            QuoteQualified(schema, type), " AS ENUM (", QuoteLiteral(type), ")"));
  v1::CreateIntegrationRequest wanted = Wanted();
  std::vector<std::string> tables;
  for (const std::string& name : HostileNames()) {
    // A name of its own for the replication key.
    const std::string table = QuoteQualified(schema, name), key = QuoteIdentifier(name + "!");
    tables.push_back(name);
    source_->Run(absl::StrCat("CREATE TABLE ", table, " (", QuoteIdentifier(name),
                              " text PRIMARY KEY, ", name.size() < 63 ? key : "k", " int, e ",
                              QuoteQualified(schema, type), " DEFAULT ", QuoteLiteral(type), ")"));
    for (const std::string& value : HostileNames())
      source_->Run(absl::StrCat("INSERT INTO ", table, " VALUES (", QuoteLiteral(value), ", 1)"));
    v1::StreamSettings* stream = wanted.mutable_integration()->add_streams();
    stream->set_stream(table);
    if (tables.size() % 2 == 0) continue;
    stream->set_method(v1::REPLICATION_METHOD_INCREMENTAL);
    stream->set_replication_key(name.size() < 63 ? name + "!" : "k");
    stream->mutable_deletes()->mutable_every();
    stream->mutable_deletes()->set_action(v1::DELETE_ACTION_DELETE);
    stream->set_filter(absl::StrCat(QuoteIdentifier(name), " <> ", QuoteLiteral(name + "?")));
  }
  Keep();
  Create(wanted);
  for (const bool changed : {false, true}) {
    for (const std::string& name : tables) {
      if (!changed) continue;
      source_->Run(absl::StrCat("DELETE FROM ", QuoteQualified(schema, name), " WHERE ",
                                QuoteIdentifier(name), " = ", QuoteLiteral(name)));
    }
    const v1::GetJobResponse ended = Run();
    for (const v1::StreamRun& run : ended.stream_runs())
      EXPECT_EQ(run.state(), v1::STREAM_RUN_STATE_SUCCEEDED) << run.DebugString();
    for (const std::string& name : tables) {
      const std::string columns =
          absl::StrCat(QuoteIdentifier(name), ", ",
                       name.size() < 63 ? QuoteIdentifier(name + "!") : "k", ", e::text");
      ExpectSameContents(QuoteQualified(schema, name), QuoteQualified(id_, name), columns);
    }
  }
}

TEST_F(HostileInputTest, FiltersChangeNothingAtTheSource) {
  const std::vector<std::string> refused = {
      "true) TO PROGRAM 'touch /tmp/lockstitch_hostile' --",
      "true; DROP TABLE canary.t",
      "true)); DROP TABLE canary.t; --",
      "1 = 1); DROP TABLE canary.t; /*",
      "true) AND (SELECT canary.drop_it()",
      "(SELECT pg_catalog.setval('canary.s', 99)) > 0",
      "id = 1 UNION SELECT canary.drop_it()",
      "true FOR UPDATE",
      "id = ANY (ARRAY(SELECT 1 WHERE canary.drop_it()))",
      "x'; DROP TABLE canary.t; --",
      "$x$ = $x$ OR $$'$$; DROP TABLE canary.t; --",
      std::string("true\0; DROP TABLE canary.t", 26),
  };
  const std::vector<std::string> run = {
      "canary.drop_it()",
      "pg_catalog.setval('canary.s', 99) > 0",
      "pg_catalog.nextval('canary.s') > 0",
      "pg_catalog.query_to_xml('DROP TABLE canary.t', true, false, '') IS NOT NULL",
      "pg_catalog.set_config('transaction_read_only', 'off', true) = 'off' AND canary.drop_it()",
  };
  v1::CreateIntegrationRequest wanted = Wanted();
  std::vector<std::string> filters = refused;
  filters.insert(filters.end(), run.begin(), run.end());
  // What servers before 16 permit in a read-only transaction goes with it, and what is changed in a
  // session has no effect on what others do in it.
  filters.push_back("pg_catalog.lo_create(0) > 0");
  filters.push_back("pg_catalog.set_config('default_transaction_read_only', 'off', false) = 'off'");
  filters.push_back("pg_catalog.set_config('search_path', 'canary', false) = 'canary'");
  for (size_t i = 0; i < filters.size(); ++i) {
    source_->Run(absl::StrCat("CREATE TABLE f", i, " AS SELECT 1 AS id"));
    v1::StreamSettings* stream = wanted.mutable_integration()->add_streams();
    stream->set_stream(absl::StrCat("public.f", i));
    stream->set_filter(filters[i]);
  }
  Keep();
  Create(wanted);
  for (int runs = 0; runs < 2; ++runs) {
    const v1::GetJobResponse ended = Run();
    for (const v1::StreamRun& stream : ended.stream_runs()) {
      const size_t i = std::stoul(stream.stream().substr(std::string("public.f").size()));
      SCOPED_TRACE(filters[i]);
      const std::string reason = stream.error().reason();
      if (i < refused.size()) {
        EXPECT_EQ(reason, "FILTER_INVALID") << stream.DebugString();
      } else if (i < refused.size() + run.size()) {
        EXPECT_THAT(reason, Not(AnyOf("", "INTERNAL_ERROR"))) << stream.DebugString();
      } else {
        EXPECT_EQ(stream.state(), v1::STREAM_RUN_STATE_SUCCEEDED) << stream.DebugString();
      }
    }
  }
}

// Every text of an integration, by the message that it is in and its field.
void VisitTexts(Message* message,
                const std::function<void(Message*, const FieldDescriptor*)>& visit) {
  const auto& reflection = *message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->field(i);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      visit(message, field);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const bool was_there = !field->is_repeated() && reflection.HasField(*message, field);
      VisitTexts(field->is_repeated() ? reflection.AddMessage(message, field)
                                      : reflection.MutableMessage(message, field),
                 visit);
      if (field->is_repeated()) {
        reflection.RemoveLast(message, field);
      } else if (!was_there) {
        reflection.ClearField(message, field);
      }
    }
  }
}

TEST_F(HostileInputTest, TextsOfAnIntegrationAreKeptAsTheyAreOrRefused) {
  MakeTable(1);
  Keep();
  v1::CreateIntegrationRequest request = Wanted({"public.t"});
  request.set_skip_checks(true);
  int kept = 0;
  VisitTexts(request.mutable_integration(), [&](Message* message, const FieldDescriptor* field) {
    const auto& reflection = *message->GetReflection();
    for (const std::string& text : HostileTexts()) {
      SCOPED_TRACE(absl::StrCat(field->full_name(), ": ", text.substr(0, 100)));
      const std::string before = field->is_repeated() ? "" : reflection.GetString(*message, field);
      if (field->is_repeated()) {
        reflection.AddString(message, field, text);
      } else {
        reflection.SetString(message, field, text);
      }
      request.set_integration_id(absl::StrCat(id_, "_", kept));
      const auto created = Call(&IntegrationApi::CreateIntegration, request);
      if (created.ok()) {
        ++kept;
        const auto got = Get(created->integration().name());
        ASSERT_THAT(got, IsOk());
        EXPECT_EQ(got->integration().SerializeAsString(),
                  created->integration().integration().SerializeAsString());
      }
      if (field->is_repeated()) {
        reflection.RemoveLast(message, field);
      } else {
        reflection.SetString(message, field, before);
      }
    }
  });
  EXPECT_GT(kept, 0);
}

TEST_F(HostileInputTest, TextsOfEveryCallAreAnsweredOrRefused) {
  MakeTable(1);
  Create({"public.t"});
  Run();
  Keep();
  const auto about = [&](auto request, const std::string& suffix = "") {
    const FieldDescriptor* name = request.GetDescriptor()->FindFieldByName("name");
    if (name == nullptr) name = request.GetDescriptor()->FindFieldByName("parent");
    request.GetReflection()->SetString(&request, name, name_ + suffix);
    return request;
  };
  CallWithTexts(&IntegrationApi::CreateIntegration, Wanted({"public.t"}));
  CallWithTexts(&IntegrationApi::GetIntegration, about(v1::GetIntegrationRequest()));
  CallWithTexts(&IntegrationApi::ListIntegrations, v1::ListIntegrationsRequest());
  CallWithTexts(&IntegrationApi::UpdateIntegration, about(v1::UpdateIntegrationRequest()));
  CallWithTexts(&IntegrationApi::CheckIntegration, about(v1::CheckIntegrationRequest()));
  CallWithTexts(&IntegrationApi::PauseIntegration, about(v1::PauseIntegrationRequest()));
  CallWithTexts(&IntegrationApi::ResumeIntegration, about(v1::ResumeIntegrationRequest()));
  CallWithTexts(&IntegrationApi::ListStreams, about(v1::ListStreamsRequest()));
  CallWithTexts(&IntegrationApi::UpdateStreams, about(v1::UpdateStreamsRequest()));
  CallWithTexts(&IntegrationApi::ResetStreams, about(v1::ResetStreamsRequest()));
  CallWithTexts(&IntegrationApi::GetBookmark, about(v1::GetBookmarkRequest(), "/streams/public.t"));
  CallWithTexts(&IntegrationApi::SetBookmark, about(v1::SetBookmarkRequest(), "/streams/public.t"));
  CallWithTexts(&JobApi::GetJob, about(v1::GetJobRequest(), "/jobs/1"));
  CallWithTexts(&JobApi::ListJobs, about(v1::ListJobsRequest()));
  CallWithTexts(&JobApi::StopJob, about(v1::StopJobRequest()));
  CallWithTexts(&JobApi::ListLogEntries, about(v1::ListLogEntriesRequest()));
  CallWithTexts(&ReportApi::ListLoadReports, about(v1::ListLoadReportsRequest()));
  CallWithTexts(&ReportApi::ListUsage, about(v1::ListUsageRequest()));
  CallWithTexts(&ReportApi::ListSkippedSlots, about(v1::ListSkippedSlotsRequest()));
  // Integrations of hostile names are deleted by theirs alone.
  CallWithTexts(&IntegrationApi::DeleteIntegration, about(v1::DeleteIntegrationRequest()));
  EXPECT_THAT(Get(name_), IsOk());
}

TEST_F(HostileInputTest, ConnectionsAreWhatTheyAre) {
  MakeTable(3);
  source_->Run("CREATE TABLE canary.decoy AS SELECT 1 AS id");
  Keep();
  int number = 0;
  for (const char* parameters :
       {"options=-c%20search_path%3Dcanary", "options=-c%20default_transaction_read_only%3Doff",
        "options=-c%20session_authorization%3Dcanary", "options=-c%20role%3Dcanary",
        "options=-c%20standard_conforming_strings%3Doff",
        "options=-c%20backslash_quote%3Don%20-c%20client_encoding%3Dsjis",
        "application_name=x'%3B%20DROP%20TABLE%20canary.t%3B%20--", "replication=database",
        "client_encoding=SJIS", "sslmode=nonsense", "passfile=/etc/passwd", "sslkey=/dev/zero",
        "sslrootcert=/etc/shadow", "target_session_attrs=nonsense", "dbname=x'%3Bdrop",
        "user=x'%3B%20DROP%20ROLE%20canary"}) {
    SCOPED_TRACE(parameters);
    v1::CreateIntegrationRequest request = Wanted({"public.t"});
    request.set_integration_id(absl::StrCat(id_, "_", ++number));
    request.set_skip_checks(true);
    request.mutable_integration()->set_name(absl::StrCat(id_, "_", number));
    std::string* url =
        request.mutable_integration()->mutable_source()->mutable_postgres()->mutable_url();
    absl::StrAppend(url, url->find('?') == std::string::npos ? "?" : "&", parameters);
    const auto created = Call(&IntegrationApi::CreateIntegration, request);
    if (!created.ok()) continue;
    const v1::GetJobResponse ended = RunJobOf(created->integration().name());
    for (const v1::StreamRun& stream : ended.stream_runs()) {
      if (stream.state() == v1::STREAM_RUN_STATE_SUCCEEDED) {
        EXPECT_EQ(destination_->Int(absl::StrCat("SELECT count(*) FROM ", id_, "_", number, ".t")),
                  3);
      } else {
        EXPECT_THAT(stream.error().reason(), Not(AnyOf("", "INTERNAL_ERROR")))
            << stream.DebugString();
      }
    }
    destination_->Run(absl::StrCat("DROP SCHEMA IF EXISTS ", id_, "_", number, " CASCADE"));
  }
}

}  // namespace
}  // namespace lockstitch::tests
