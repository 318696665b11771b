// The metrics page: an independent reader of the text format, counters, absent figures, labels of any bytes.
#include "cli/engine_metrics.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <map>
#include <set>
#include <sstream>

using namespace longwave;
using namespace longwave::cli;
using json = nlohmann::json;

namespace {

/// Samples by name and labels as written; fails on whatever the text format does not allow.
std::map<std::string, double> read_page(const std::string& page) {
  REQUIRE(page.ends_with("\n"));
  std::map<std::string, double> samples;
  std::set<std::string> families;
  std::string family, type;
  std::istringstream in(page);
  for (std::string line; std::getline(in, line);) {
    INFO(line);
    if (line.rfind("# HELP ", 0) == 0) {
      family = line.substr(7, line.find(' ', 7) - 7);
      CHECK(families.insert(family).second); // a family stands in one place
      continue;
    }
    if (line.rfind("# TYPE ", 0) == 0) {
      CHECK(line.substr(7, family.size() + 1) == family + " ");
      type = line.substr(8 + family.size());
      CHECK((type == "counter" || type == "gauge" || type == "histogram"));
      continue;
    }
    const auto space = line.rfind(' ');
    REQUIRE(space != std::string::npos);
    const auto name = line.substr(0, std::min(line.find('{'), space));
    CHECK((name == family || (type == "histogram" && name.rfind(family + "_", 0) == 0)));
    CHECK(samples.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second);
  }
  return samples;
}

void check_histogram(const std::map<std::string, double>& samples, const std::string& name) {
  std::map<double, double> buckets;
  for (const auto& [key, value] : samples)
    if (const auto le = name + "_bucket{le=\""; key.rfind(le, 0) == 0) {
      const auto bound = key.substr(le.size(), key.size() - le.size() - 2);
      buckets[bound == "+Inf" ? INFINITY : std::stod(bound)] = value;
    }
  REQUIRE(buckets.size() > 2);
  double before = 0;
  for (const auto& [bound, count] : buckets) {
    CHECK(count >= before);
    before = count;
  }
  CHECK(buckets.rbegin()->first == INFINITY);
  CHECK(before == samples.at(name + "_count"));
  CHECK(samples.at(name + "_sum") >= 0);
}

draft answered(std::int64_t ms, std::optional<std::uint64_t> input, std::optional<std::uint64_t> output) {
  draft d;
  d.took_ms = ms;
  if (input || output) {
    d.usage.emplace();
    d.usage->input_tokens = input;
    d.usage->output_tokens = output;
  }
  return d;
}

} // namespace

TEST_CASE("metrics: drafts that were thrown away are counted, and are no attempts") {
  engine_metrics metrics;
  CHECK(read_page(metrics.page(json::array())).at("longwave_discarded_drafts_total") == 0);
  metrics.event({"a", "draft_discarded", "segment 4: segment 3 did not pass"});
  metrics.event({"b", "draft_discarded", "segment 9: the run paused"});
  const auto samples = read_page(metrics.page(json::array()));
  CHECK(samples.at("longwave_discarded_drafts_total") == 2);
  for (const auto& [name, value] : samples) CHECK(name.rfind("longwave_attempts_total", 0) != 0);
}

TEST_CASE("metrics: a new engine knows what it counts from 0, and says nothing of what it does not know") {
  const auto samples = read_page(engine_metrics().page(json::array()));
  CHECK(samples.at("longwave_segments_total{outcome=\"accepted\"}") == 0);
  CHECK(samples.at("longwave_run_state{state=\"running\"}") == 0);
  for (const auto& [key, value] : samples)
    for (const char* unknown : {"longwave_eta", "longwave_tokens", "longwave_pool", "longwave_consecutive", "longwave_attempts_total", "longwave_actor"})
      CHECK(key.rfind(unknown, 0) != 0);
  check_histogram(samples, "longwave_attempt_duration_seconds");
  check_histogram(samples, "longwave_commit_duration_seconds");
}

TEST_CASE("metrics: events, answers and commits are counted") {
  engine_metrics m;
  m.run_submitted("pilot", "ollama");
  m.event({"pilot", "segment_accepted", "segment 1"});
  m.event({"pilot", "attempt_failed", "segment 2 rejected"});
  m.event({"pilot", "attempt_failed", "segment 2 no such class"});
  m.event({"pilot", "attempt_interrupted", "segment 2"});
  m.event({"pilot", "segment_skipped", "segment 2"});
  m.event({"", "actor_restarted", "validator"});
  m.event({"stranger", "segment_accepted", "segment 1"});
  m.answer(answered(50, 100, std::nullopt));
  m.answer(answered(700'000, std::nullopt, std::nullopt));
  m.commit(0.002);
  m.commit(-1);
  const auto samples = read_page(m.page(json::array()));
  CHECK(samples.at("longwave_segments_total{outcome=\"accepted\"}") == 2);
  CHECK(samples.at("longwave_segments_total{outcome=\"skipped\"}") == 1);
  CHECK(samples.at("longwave_attempts_total{backend=\"ollama\",class=\"ok\"}") == 1);
  CHECK(samples.at("longwave_attempts_total{backend=\"ollama\",class=\"rejected\"}") == 1);
  CHECK(samples.at("longwave_attempts_total{backend=\"ollama\",class=\"unknown\"}") == 1);
  CHECK(samples.at("longwave_attempts_total{backend=\"ollama\",class=\"interrupted\"}") == 1);
  CHECK(samples.at("longwave_actor_restarts_total{actor=\"validator\"}") == 1);
  CHECK(samples.at("longwave_tokens_total{direction=\"input\"}") == 100);
  CHECK_FALSE(samples.contains("longwave_tokens_total{direction=\"output\"}"));
  CHECK(samples.at("longwave_attempt_duration_seconds_bucket{le=\"0.05\"}") == 1);
  CHECK(samples.at("longwave_attempt_duration_seconds_bucket{le=\"300\"}") == 1);
  CHECK(samples.at("longwave_attempt_duration_seconds_count") == 2);
  CHECK(samples.at("longwave_commit_duration_seconds_count") == 1);
  CHECK(samples.at("longwave_commit_duration_seconds_bucket{le=\"0.0025\"}") == 1);
  check_histogram(samples, "longwave_attempt_duration_seconds");
}

TEST_CASE("metrics: of several runs the worst counts, ended ones have no future, nonsense is passed over") {
  const auto statuses = json::parse(R"([
    {"state":"running","eta_seconds":10,"failures":{"consecutive":1},"stories":{"pools":{"daily":{"remaining":5,"initial":10},"weekly":{"remaining":0,"initial":0}}}},
    {"state":"paused","eta_seconds":30.5,"failures":{"consecutive":4},"stories":{"pools":{"daily":{"remaining":1,"initial":10}}}},
    {"state":"completed","eta_seconds":99,"failures":{"consecutive":9}},
    {"state":"dancing"}, {"state":7}, 7, null])");
  const auto samples = read_page(engine_metrics().page(statuses));
  CHECK(samples.at("longwave_run_state{state=\"running\"}") == 1);
  CHECK(samples.at("longwave_run_state{state=\"completed\"}") == 1);
  CHECK(samples.at("longwave_eta_seconds") == 30.5);
  CHECK(samples.at("longwave_consecutive_failures") == 4);
  CHECK(samples.at("longwave_pool_remaining_ratio{pool=\"daily\"}") == 0.1);
  CHECK_FALSE(samples.contains("longwave_pool_remaining_ratio{pool=\"weekly\"}"));
}

TEST_CASE("metrics: a label of any bytes stays one label of one line") {
  CHECK(metric_label("a\"b\\c\nd") == "a\\\"b\\\\c\\nd");
  engine_metrics m;
  m.event({"", "actor_restarted", "x\"} 1\nlongwave_fake 7\n\xff\x1b"});
  const auto samples = read_page(m.page(nullptr));
  CHECK_FALSE(samples.contains("longwave_fake"));
}
