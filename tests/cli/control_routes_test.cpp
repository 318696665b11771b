// The control API without sockets: every route, every refusal, over a small store and a scripted engine.
#include "cli/control_routes.hpp"

#include "cli/dashboard.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>

using namespace longwave;
using namespace longwave::cli;
using json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// The reads that routes make, on data in memory.
class small_store final : public storage::store {
public:
  using text = std::string;
  std::map<text, run_config> configs;
  std::map<text, storage::run_head> heads;
  std::uint64_t lines = 0;
  std::size_t line_padding = 0;
  bool fails = false;

  std::vector<result<void>> commit(const std::vector<const storage::commit_batch*>& b, const std::function<void(std::size_t)>&) override {
    return std::vector<result<void>>(b.size(), no());
  }
  result<void> note_attempt(const text&, const storage::attempt_note&, const storage::run_head*) override {
    return no();
  }
  result<void> create_run(const run_config&, const storage::run_head&) override { return no(); }
  result<void> update_config(const run_config&) override { return no(); }
  result<void> prune(const text&) override { return no(); }
  result<std::vector<text>> runs() const override {
    std::vector<text> names;
    for (const auto& [id, c] : configs) names.push_back(id);
    return names;
  }
  result<run_config> config(const text& run) const override {
    if (!configs.count(run)) return missing();
    return configs.at(run);
  }
  result<storage::run_head> head(const text& run) const override {
    if (fails) throw std::runtime_error("the disk is on fire");
    if (!heads.count(run)) return missing();
    return heads.at(run);
  }
  result<storage::loaded_run> load(const text&) const override { return missing(); }
  result<text> segment_line(const text& run, std::uint64_t seq) const override {
    if (!heads.count(run) || seq > lines) return missing();
    return line(seq);
  }
  result<text> provenance(const text&, std::uint64_t) const override { return missing(); }
  result<void> segments(const text&, std::uint64_t from, std::uint64_t to,
                        const std::function<bool(std::uint64_t, const text&)>& each) const override {
    for (auto seq = from; seq <= to; ++seq)
      if (!each(seq, line(seq))) break;
    return ok();
  }
  result<std::map<text, json>> state_at(const text&, std::uint64_t) const override {
    return std::map<text, json>{{"story/a-01", {{"act", 2}}}, {"aired/b-02", {{"act", 4}}}, {"gossip", 1}};
  }
  result<std::vector<listed_checkpoint>> checkpoints(const text&) const override {
    listed_checkpoint c;
    c.record.id = "checkpoint_day1_hour6_seg1";
    c.record.seq = 1;
    return std::vector{c};
  }
  result<std::uint64_t> published(const text&) const override { return lines; }
  result<void> keys(const std::function<bool(const text&, std::size_t)>&) const override { return no(); }
  result<void> refresh() override { return no(); }
  result<void> snapshot(const fs::path&) const override { return no(); }
  storage::store_counters counters() const override { return {}; }
  void settle() override {}

private:
  static failure missing() { return {error_code::not_found, "not in the store", "", ""}; }
  static failure no() { return {error_code::internal, "not for reading", "", ""}; }
  text line(std::uint64_t seq) const { return json{{"seq", seq}, {"text", text(line_padding, 'x')}}.dump(); }
};

struct trial {
  trial() {
    store = std::make_shared<small_store>();
    run_config c;
    c.run_id = "pilot";
    c.output = "/nonexistent/pilot";
    c.duration_hours = 250;
    store->configs["pilot"] = c;
    storage::run_head h;
    h.seq = 250;
    h.epoch = 2;
    store->heads["pilot"] = h;
    store->lines = 250;
    engine_port port;
    port.ask = [this](control_request r) {
      asked.push_back(r);
      control_reply answer{200, R"({"run_id":"pilot","state":"running"})"};
      if (!answers.empty()) {
        answer = answers.front();
        answers.erase(answers.begin());
      }
      r.reply(answer);
    };
    port.submit = [this](json body, std::function<void(http_reply)> reply) {
      submitted = body;
      if (body.contains("throw")) throw std::runtime_error("no");
      reply({201, "application/json", "{}", {}, {}});
    };
    port.store = store;
    port.metrics = std::make_shared<engine_metrics>();
    port.snapshot = [](std::string to) -> result<std::string> {
      if (to == "there") return failure{error_code::run_exists, "snapshot", "it exists", ""};
      return to.empty() ? "/default" : to;
    };
    routes = std::make_unique<control_routes>(std::move(port));
  }

  http_reply ask(const std::string& method, const std::string& target, const std::string& body = "", bool tcp = false) {
    auto promise = std::make_shared<std::promise<http_reply>>();
    auto answer = promise->get_future();
    routes->handle({method, target, body, tcp, {}}, [promise](http_reply r) { promise->set_value(std::move(r)); });
    REQUIRE(answer.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    auto reply = answer.get();
    if (reply.status >= 400) {
      CHECK(reply.content_type == "application/problem+json");
      CHECK(json::parse(reply.body)["status"] == reply.status);
    }
    return reply;
  }
  http_reply get(const std::string& target) { return ask("GET", target); }
  http_reply post(const std::string& target, const std::string& body = "") { return ask("POST", target, body); }

  std::shared_ptr<small_store> store;
  std::vector<control_request> asked;
  std::vector<control_reply> answers;
  json submitted;
  std::unique_ptr<control_routes> routes;
};

} // namespace

TEST_CASE("control routes: steering reaches the engine as it was asked") {
  trial t;
  using verb = control_request::verb;
  CHECK(t.post("/v1/runs/pilot/pause", R"({"reason":"tea"})").status == 200);
  CHECK(t.asked.back().what == verb::pause);
  CHECK(t.asked.back().run == "pilot");
  CHECK(t.asked.back().reason == "tea");
  CHECK(t.post("/v1/runs/pilot/resume").status == 200);
  CHECK(t.asked.back().what == verb::resume);
  CHECK(t.post("/v1/runs/pilot/stop", R"({"mode":"urgent"})").status == 200);
  CHECK(t.asked.back().what == verb::stop);
  CHECK(t.asked.back().mode == stop_mode::urgent);
  CHECK(t.post("/v1/runs/pilot/stop").status == 200);
  CHECK(t.asked.back().mode == stop_mode::graceful);
  CHECK(t.post("/v1/runs/pilot/checkpoint", "{}").status == 200);
  CHECK(t.asked.back().what == verb::checkpoint);
  CHECK(t.get("/v1/status").status == 200);
  CHECK(t.asked.back().what == verb::engine);
  CHECK(t.get("/v1/runs/pilot").status == 200);
  CHECK(t.asked.back().what == verb::status);
  CHECK(t.get("http://x/v1/runs/%70ilot?x=%20").status == 200);
}

TEST_CASE("control routes: unknown routes, methods and ids") {
  trial t;
  for (const char* target : {"//", "/v1", "/v2/status", "/v1/status/", "/v1/runs/pilot/", "/v1/runs/pilot/delete",
                             "/metrics/", "/v1/runs/pilot/segments/1/2", "//v1/status", "/v1/runs//pause"})
    CHECK(t.get(target).status == 404);
  for (const char* id : {"..", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f", "%00", "pilot%00", "Pilot", "p%c3%adlot", "-a",
                         "a%20b"})
    CHECK(t.get(std::string("/v1/runs/") + id).status == 404);
  CHECK(t.get("/v1/runs/" + std::string(4'096, 'a')).status == 404);
  CHECK(t.asked.empty());
  for (const char* target : {"", "*", "v1/status", "/v1/%zz", "/v1/%2", "/v1/runs/pilot/segments?after=%",
                             "/v1/status?a=1&a=2"})
    CHECK(t.get(target).status == 400);
  const auto wrong = t.ask("DELETE", "/v1/runs");
  CHECK(wrong.status == 405);
  CHECK(wrong.headers.at(0) == std::pair<std::string, std::string>("Allow", "GET, POST"));
  CHECK(t.ask("POST", "/v1/status").status == 405);
  CHECK(t.get("/v1/runs/pilot/pause").status == 405);
  CHECK(t.ask("get", "/v1/status").status == 405);
}

TEST_CASE("control routes: bodies that cannot be used") {
  trial t;
  for (const char* body : {"{", "[]", "3", "\"x\"", "{\"reason\":3}", "{\"reason\":\"\xff\"}", "{}{}"})
    CHECK(t.post("/v1/runs/pilot/pause", body).status == 400);
  CHECK(t.post("/v1/runs/pilot/pause", json{{"reason", std::string(1'001, 'x')}}.dump()).status == 400);
  CHECK(t.post("/v1/runs/pilot/stop", R"({"mode":"now"})").status == 400);
  CHECK(t.post("/v1/runs/pilot/stop", R"({"mode":1})").status == 400);
  CHECK(t.post("/v1/runs/pilot/pause", std::string(100'000, '[')).status == 400);
  CHECK(t.asked.empty());
}

TEST_CASE("control routes: stopping what has ended is answered with its status, other conflicts stay") {
  trial t;
  t.answers = {{409, "{\"status\":409}"}, {200, R"({"run_id":"pilot","state":"completed"})"}};
  const auto over = t.post("/v1/runs/pilot/stop");
  CHECK(over.status == 200);
  CHECK(json::parse(over.body)["state"] == "completed");
  t.answers = {{409, "{\"status\":409}"}, {200, R"({"run_id":"pilot","state":"running"})"}};
  CHECK(t.post("/v1/runs/pilot/stop").status == 409);
  t.answers = {{409, "{\"status\":409}"}};
  CHECK(t.post("/v1/runs/pilot/resume").status == 409);
}

TEST_CASE("control routes: a run that the engine does not run is told of from the store") {
  trial t;
  t.answers = {{404, "{\"status\":404}"}};
  auto status = json::parse(t.get("/v1/runs/pilot").body);
  CHECK(status["state"] == "interrupted");
  CHECK(status["progress"]["segments_done"] == 250);
  t.answers = {{404, "{\"status\":404}"}};
  CHECK(t.get("/v1/runs/other").status == 404);
  t.answers = {{200, "[]"}};
  CHECK(json::parse(t.get("/v1/runs").body).size() == 1);
  t.answers = {{200, R"([{"run_id":"pilot","state":"running"}])"}};
  const auto list = json::parse(t.get("/v1/runs").body);
  CHECK(list.size() == 1);
  CHECK(list[0]["state"] == "running");
}

TEST_CASE("control routes: segments come in pages") {
  trial t;
  auto page = json::parse(t.get("/v1/runs/pilot/segments").body);
  CHECK(page["segments"].size() == 100);
  CHECK(page["segments"][0]["seq"] == 1);
  CHECK(page["next_after"] == 100);
  page = json::parse(t.get("/v1/runs/pilot/segments?after=240&limit=1000").body);
  CHECK(page["segments"].size() == 10);
  CHECK(page["next_after"].is_null());
  for (const char* after : {"250", "251", "18446744073709551615"}) {
    page = json::parse(t.get(std::string("/v1/runs/pilot/segments?after=") + after).body);
    CHECK(page["segments"].empty());
    CHECK(page["next_after"].is_null());
  }
  for (const char* query : {"limit=0", "limit=1001", "limit=x", "limit=", "after=-1", "after=1.5",
                            "after=18446744073709551616"})
    CHECK(t.get(std::string("/v1/runs/pilot/segments?") + query).status == 400);
  CHECK(t.get("/v1/runs/other/segments").status == 404);
  CHECK(json::parse(t.get("/v1/runs/pilot/segments/250").body)["seq"] == 250);
  for (const char* n : {"0", "251", "x", "-1", "1e3", "99999999999999999999", "%31x"})
    CHECK(t.get(std::string("/v1/runs/pilot/segments/") + n).status == 404);
}

TEST_CASE("control routes: a page of long records ends early and says where to go on") {
  trial t;
  t.store->line_padding = 900'000;
  const auto page = json::parse(t.get("/v1/runs/pilot/segments?limit=1000").body);
  CHECK(page["segments"].size() < 20);
  CHECK(page["next_after"] == page["segments"].size());
}

TEST_CASE("control routes: stories, checkpoints, snapshot, description") {
  trial t;
  const auto stories = json::parse(t.get("/v1/runs/pilot/stories").body)["stories"];
  REQUIRE(stories.size() == 2);
  CHECK(stories[1]["id"] == "a-01");
  CHECK(stories[1]["active"] == true);
  CHECK(stories[0]["active"] == false);
  const auto checkpoints = json::parse(t.get("/v1/runs/pilot/checkpoints").body)["checkpoints"];
  CHECK(checkpoints[0]["kind"] == "hourly");
  CHECK(checkpoints[0]["valid"] == true);
  CHECK(t.get("/v1/runs/other/stories").status == 404);
  CHECK(t.get("/v1/runs/other/checkpoints").status == 404);
  CHECK(json::parse(t.post("/v1/snapshot").body)["path"] == "/default");
  CHECK(json::parse(t.post("/v1/snapshot", R"({"to":"/x"})").body)["path"] == "/x");
  CHECK(t.post("/v1/snapshot", R"({"to":"there"})").status == 409);
  CHECK(t.post("/v1/snapshot", R"({"to":7})").status == 400);
  CHECK(t.post("/v1/snapshot", "{\"to\":\"a\\u0000b\"}").status == 400);
}

TEST_CASE("control routes: the description names every route with its methods, and no other") {
  trial t;
  const auto paths = json::parse(t.get("/v1/openapi.json").body)["paths"];
  std::map<std::string, std::string> routes;
  for (const auto& [path, methods] : all_routes()) routes[path] = methods;
  CHECK(paths.size() == routes.size());
  for (const auto& [path, methods] : routes) {
    INFO(path);
    REQUIRE(paths.contains(path));
    CHECK(paths[path].contains("get") == (methods.find("GET") != std::string::npos));
    CHECK(paths[path].contains("post") == (methods.find("POST") != std::string::npos));
  }
}

TEST_CASE("control routes: the dashboard and the metrics are pages, and are read only") {
  trial t;
  const auto page = t.get("/");
  CHECK(page.status == 200);
  CHECK(page.content_type == "text/html; charset=utf-8");
  CHECK(page.body == dashboard_page());
  CHECK(t.ask("HEAD", "/").status == 200);
  CHECK(t.post("/").status == 405);
  CHECK(t.get("//").status == 404);
  t.answers = {{200, R"([{"run_id":"pilot","state":"running","eta_seconds":null}])"}};
  const auto metrics = t.get("/metrics");
  CHECK(metrics.status == 200);
  CHECK(metrics.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(metrics.body.find("longwave_run_state{state=\"running\"} 1\n") != std::string::npos);
  CHECK(t.post("/metrics").status == 405);
}

TEST_CASE("control routes: submissions are passed on; from the network only below the engine's folder") {
  trial t;
  CHECK(t.post("/v1/runs", R"({"kind":"stories","output":"/anywhere"})").status == 201);
  CHECK(t.submitted["output"] == "/anywhere");
  for (const char* body : {R"({"output":"/etc"})", R"({"output":"../x"})", R"({"output":"a/../../x"})",
                           R"({"api_key_file":"/etc/shadow"})", R"({"fault_plan":"/x"})"})
    CHECK(t.ask("POST", "/v1/runs", body, true).status == 403);
  CHECK(t.ask("POST", "/v1/runs", R"({"output":"a/b..c"})", true).status == 201);
  CHECK(t.ask("POST", "/v1/snapshot", R"({"to":"/etc/x"})", true).status == 403);
  CHECK(t.post("/v1/runs", R"({"throw":1})").status == 500);
}

TEST_CASE("control routes: a read that throws is answered, and the next one works") {
  trial t;
  t.store->fails = true;
  CHECK(t.get("/v1/runs/pilot/segments").status == 500);
  t.store->fails = false;
  CHECK(t.get("/v1/runs/pilot/segments").status == 200);
}
