// Ten cases that every model server has to pass, one suite for all kinds.
//
// They run against the servers that LONGWAVE_TEST_OLLAMA_URL, LONGWAVE_TEST_OPENAI_URL and LONGWAVE_TEST_ANTHROPIC_URL
// name (LONGWAVE_TEST_<KIND>_MODEL for the model, else the first that is listed), and for every kind without one against
// the fault server, so that the suite itself is never untested.
#include "cli/api_key.hpp"
#include "tests/support/backend_trial.hpp"
#include "tests/support/fault_server_process.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>

using namespace longwave;
using namespace longwave::test;

namespace {

std::string variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value ? value : "";
}

/// One server under test. A model takes its time: all clocks are long.
struct subject {
  std::string kind, url, model;
  bool real = false;
  std::unique_ptr<fault_server> own;

  endpoint_options options() const {
    endpoint_options o;
    o.kind = kind;
    o.url = url;
    o.model = model;
    o.first_byte_timeout_ms = o.idle_timeout_ms = o.call_timeout_ms = 300'000;
    if (real) o.api_key = cli::find_api_key(kind, "").value();
    return o;
  }
  std::unique_ptr<backend> make() const {
    auto made = make_server_backend(options());
    REQUIRE(made);
    return std::move(made.value());
  }
};

std::vector<server_description> describe(backend& from) {
  std::promise<std::vector<server_description>> told;
  from.describe([&](auto found) { told.set_value(std::move(found)); });
  return told.get_future().get();
}

std::vector<std::unique_ptr<subject>> subjects() {
  std::vector<std::unique_ptr<subject>> list;
  for (const auto& [kind, name] : {std::pair<std::string, std::string>{"ollama", "OLLAMA"}, {"openai", "OPENAI"}, {"anthropic", "ANTHROPIC"}}) {
    auto s = std::make_unique<subject>();
    s->kind = kind;
    s->url = variable("LONGWAVE_TEST_" + name + "_URL");
    s->model = variable("LONGWAVE_TEST_" + name + "_MODEL");
    s->real = !s->url.empty();
    if (!s->real) {
      s->own = std::make_unique<fault_server>(std::vector<std::string>{"--model", "trial", "--token-delay", "2"});
      s->url = s->own->url();
    }
    if (s->model.empty()) {
      s->model = "none-yet";
      const auto found = describe(*s->make());
      REQUIRE(found.size() == 1);
      REQUIRE_FALSE(found[0].models.empty());
      s->model = found[0].models[0].name;
    }
    list.push_back(std::move(s));
  }
  return list;
}

generation_call prose(const std::string& prompt, int max_tokens) {
  generation_call call;
  call.run_id = "real";
  call.seq = 1;
  call.seed = 7;
  call.system_prompt = "You are a friendly radio host. Answer in plain words.";
  call.user_prompt = prompt;
  call.max_tokens = max_tokens;
  call.temperature = 0.2;
  return call;
}

const std::string short_prompt = "Say in one sentence that the road over the ridge is open.";

} // namespace

TEST_CASE("real server: ten cases that every kind has to pass") {
  for (const auto& s : subjects()) {
    INFO(s->kind << " at " << s->url << ", model " << s->model);
    const auto server = s->make();

    // 1. A short answer is complete.
    const auto one = ask(*server, prose(short_prompt, 400)).answer;
    INFO(one.detail);
    CHECK(one.outcome == outcome_class::ok);
    CHECK_FALSE(one.text.empty());
    // 2. It says who answered, and when the first token came.
    CHECK(one.endpoint == server->info().endpoint);
    CHECK(one.model == s->model);
    CHECK(one.first_token_ms.value_or(-1) >= 0);
    // 3. Usage is reported, and sensible.
    CHECK((one.usage && one.usage->output_tokens.value_or(0) > 0));
    // 4. A full token limit is no draft.
    if (s->real) {
      const auto cut = ask(*server, prose("Tell a long story of a journey, in at least five hundred words.", 12)).answer;
      CHECK(cut.outcome == outcome_class::incomplete);
      CHECK(cut.cut_by_length);
    }
    // 5. A probe is a generation.
    CHECK(ask_probe(*server).answer.outcome == outcome_class::ok);
    // 6. A model that is not there is a matter of configuration; llama.cpp serves its one model under any name.
    auto other = s->options();
    other.model = "no-such-model-anywhere";
    const auto missing = ask(*make_server_backend(other).value(), prose(short_prompt, 400)).answer;
    CHECK((missing.outcome == outcome_class::config || (s->real && missing.outcome == outcome_class::ok)));
    // 7. It describes itself.
    const auto found = describe(*server);
    REQUIRE(found.size() == 1);
    CHECK(found[0].outcome == outcome_class::ok);
    CHECK_FALSE(found[0].models.empty());
    // 8. A cancelled call ends at once and leaves the server well.
    trial_answer cancelled;
    const auto handle = server->start(prose("Tell a long story of a journey.", 2'000), cancelled.function());
    handle->cancel();
    CHECK(cancelled.wait().answer.outcome == outcome_class::interrupted);
    CHECK(ask(*server, prose(short_prompt, 400)).answer.outcome == outcome_class::ok);
    // 9. Letters beyond ASCII pass both ways.
    const auto korean = ask(*server, prose("\xec\x95\x88\xeb\x85\x95\xed\x95\x98\xec\x84\xb8\xec\x9a\x94. Answer with one short greeting.", 200)).answer;
    CHECK(korean.outcome == outcome_class::ok);
    // 10. A JSON schema is taken, or left out after it was refused.
    auto judged = prose("Is the sky blue? Answer as JSON with the member \"answer\", true or false.", 400);
    judged.purpose = call_purpose::judge;
    judged.json_schema = R"({"type":"object","properties":{"answer":{"type":"boolean"}},"required":["answer"],"additionalProperties":false})";
    CHECK(ask(*server, judged).answer.outcome == outcome_class::ok);
    std::cout << s->kind << (s->real ? " (real server)" : " (fault server)") << ": 10 cases\n";
  }
}
