#include "tests/observability/prometheus_server.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "status/macros.h"

namespace lockstitch::tests {
namespace {

using nlohmann::json;

// So many scrapes have a rate.
constexpr int kScrapes = 2;
// Between two questions.
constexpr absl::Duration kPause = absl::Milliseconds(100);

// Replaces a file, which may be a link to one that is not to be written.
void WriteFile(const std::string& path, const std::string& text) {
  std::filesystem::remove(path);
  std::ofstream(path) << text;
}

// A target as a file of deploy/prometheus/targets has it. The pod stands for what Kubernetes adds.
json TargetFile(const std::string& service, const std::vector<std::string>& urls) {
  json targets = json::array();
  for (const std::string& url : urls) {
    const std::string host = url.substr(7, url.rfind('/') - 7);  // http://HOST/metrics
    targets.push_back({{"targets", {host}},
                       {"labels", {{"namespace", "observed"}, {"pod", service + "-" + host}}}});
  }
  return targets;
}

double SecondsOf(const json& time) {
  absl::Time parsed;
  if (!absl::ParseTime(absl::RFC3339_full, time.get<std::string>(), &parsed, nullptr)) return 0;
  return absl::ToDoubleSeconds(parsed - absl::UnixEpoch());
}

size_t Append(char* data, size_t size, size_t count, void* text) {
  static_cast<std::string*>(text)->append(data, size * count);
  return size * count;
}

double Now() { return absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()); }

}  // namespace

PrometheusServer::PrometheusServer(
    const std::vector<std::pair<std::string, std::string>>& targets) {
  const std::string config = folder_.path() + "/config";
  std::filesystem::copy("deploy/prometheus", config, std::filesystem::copy_options::recursive);
  std::map<std::string, std::vector<std::string>> services;
  for (const auto& [service, url] : targets) services[service].push_back(url);
  for (const auto& [service, urls] : services)
    WriteFile(config + "/targets/" + service + ".yml", TargetFile(service, urls).dump());
  std::ifstream file("deploy/prometheus/prometheus.yml");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  WriteFile(config + "/prometheus.yml",
            absl::StrReplaceAll(text, {{"interval: 15s", "interval: 5s"},
                                       {"scrape_timeout: 10s", "scrape_timeout: 5s"}}));
  process_ = std::make_unique<testing::ChildProcess>(testing::ChildProcess::Options{
      .command = {"prometheus", "--config.file=" + config + "/prometheus.yml",
                  "--storage.tsdb.path=" + folder_.path() + "/data",
                  "--web.listen-address=127.0.0.1:0"}});
  const std::string line = process_->WaitForLine("msg=\"Listening on\"");
  if (line.empty()) {
    std::cerr << "prometheus did not start:\n" << process_->stderr_text() << std::endl;
    std::abort();
  }
  url_ = "http://" + line.substr(line.rfind("address=") + 8);
}

void PrometheusServer::AwaitSamples() {
  double since = Now();
  for (int scrapes = 0; scrapes < kScrapes; ++scrapes) {
    while (LastScrape() <= since) absl::SleepFor(kPause);
    since = Now();
  }
  while (LastEvaluation() <= since) absl::SleepFor(kPause);
}

absl::StatusOr<std::vector<Labels>> PrometheusServer::Query(const std::string& expression) const {
  ASSIGN_OR_RETURN(const json data, Get("query", expression));
  if (data.at("resultType") == "scalar") return std::vector<Labels>{{}};
  std::vector<Labels> series;
  for (const json& one : data.at("result")) series.push_back(one.at("metric"));
  return series;
}

std::vector<json> PrometheusServer::Rules() const {
  std::vector<json> rules;
  const absl::StatusOr<json> data = Get("rules");
  if (!data.ok()) return rules;
  for (const json& group : data->at("groups"))
    rules.insert(rules.end(), group.at("rules").begin(), group.at("rules").end());
  return rules;
}

double PrometheusServer::LastScrape() const {
  const absl::StatusOr<json> data = Get("targets?state=active");
  if (!data.ok() || data->at("activeTargets").empty()) return 0;
  double last = Now();
  for (const json& target : data->at("activeTargets"))
    last = std::min(last, target.at("health") == "up" ? SecondsOf(target.at("lastScrape")) : 0);
  return last;
}

double PrometheusServer::LastEvaluation() const {
  const std::vector<json> rules = Rules();
  double last = rules.empty() ? 0 : Now();
  for (const json& rule : rules) last = std::min(last, SecondsOf(rule.at("lastEvaluation")));
  return last;
}

absl::StatusOr<json> PrometheusServer::Get(const std::string& path,
                                           const std::string& query) const {
  CURL* curl = client_.get();
  std::string url = url_ + "/api/v1/" + path;
  if (!query.empty()) {
    const std::unique_ptr<char, decltype(&curl_free)> escaped(
        curl_easy_escape(curl, query.data(), static_cast<int>(query.size())), curl_free);
    url += std::string("?query=") + escaped.get();
  }
  std::string text;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) return absl::UnavailableError(curl_easy_strerror(code));
  const json answer = json::parse(text, nullptr, false);
  // Anything else comes from a server that is not ready yet.
  if (!answer.is_object()) return absl::UnavailableError(text);
  if (answer.at("status") != "success")
    return absl::InvalidArgumentError(answer.at("error").get<std::string>());
  return answer.at("data");
}

}  // namespace lockstitch::tests
