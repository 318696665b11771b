// JSON of the run head and the attempt note; the head is written by hand because every commit writes it.
#include "storage/store_json.hpp"

#include "messages/json_text.hpp"

namespace longwave::storage {

using nlohmann::json;

std::string head_text(const run_head& h, std::uint64_t epoch) {
  std::string out;
  out.reserve(512);
  const auto number = [&](std::string_view key, auto value) {
    out += key;
    append_json_number(out, value);
  };
  const auto text = [&](std::string_view key, std::string_view value) {
    out += key;
    append_json_string(out, value);
  };
  number("{\"calls\":", h.calls);
  number(",\"consecutive_failures\":", h.consecutive_failures);
  number(",\"elapsed_ms\":", h.elapsed_ms);
  number(",\"epoch\":", epoch);
  text(",\"hash\":", h.hash);
  out += ",\"pause_reasons\":[";
  for (std::size_t i = 0; i < h.pause_reasons.size(); ++i) {
    if (i != 0) out += ',';
    append_json_string(out, h.pause_reasons[i]);
  }
  number("],\"seq\":", h.seq);
  text(",\"started_at\":", h.started_at);
  number(",\"starts_without_commit\":", h.starts_without_commit);
  text(",\"state\":", h.state);
  text(",\"state_reason\":", h.state_reason);
  out += ",\"totals\":";
  out += dump(h.totals);
  number(",\"virtual_ms\":", h.virtual_ms);
  out += '}';
  return out;
}

std::string note_text(const attempt_note& n) {
  std::string out;
  out.reserve(128);
  const auto number = [&](std::string_view key, auto value) {
    out += key;
    append_json_number(out, value);
  };
  number("{\"actor_deaths\":", n.actor_deaths);
  if (n.ahead > 0) number(",\"ahead\":", n.ahead);
  number(",\"attempt\":", n.attempt);
  number(",\"call\":", n.call);
  out += ",\"history\":";
  out += n.history.empty() ? "[]" : dump(n.history);
  number(",\"process_deaths\":", n.process_deaths);
  number(",\"rejected\":", n.rejected);
  number(",\"seq\":", n.seq);
  out += '}';
  return out;
}

std::string dump(const json& j) {
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

void to_json(json& j, const run_head& h) {
  j = json{{"seq", h.seq},
           {"hash", h.hash},
           {"state", h.state},
           {"state_reason", h.state_reason},
           {"pause_reasons", h.pause_reasons},
           {"consecutive_failures", h.consecutive_failures},
           {"starts_without_commit", h.starts_without_commit},
           {"calls", h.calls},
           {"epoch", h.epoch},
           {"elapsed_ms", h.elapsed_ms},
           {"virtual_ms", h.virtual_ms},
           {"started_at", h.started_at},
           {"totals", h.totals}};
}

void from_json(const json& j, run_head& h) {
  run_head read;
  j.at("seq").get_to(read.seq);
  j.at("hash").get_to(read.hash);
  j.at("state").get_to(read.state);
  j.at("state_reason").get_to(read.state_reason);
  j.at("pause_reasons").get_to(read.pause_reasons);
  j.at("consecutive_failures").get_to(read.consecutive_failures);
  j.at("starts_without_commit").get_to(read.starts_without_commit);
  j.at("calls").get_to(read.calls);
  j.at("epoch").get_to(read.epoch);
  j.at("elapsed_ms").get_to(read.elapsed_ms);
  j.at("virtual_ms").get_to(read.virtual_ms);
  j.at("started_at").get_to(read.started_at);
  read.totals = j.at("totals");
  h = std::move(read);
}

void to_json(json& j, const attempt_note& n) {
  j = json{{"seq", n.seq},
           {"attempt", n.attempt},
           {"rejected", n.rejected},
           {"call", n.call},
           {"actor_deaths", n.actor_deaths},
           {"process_deaths", n.process_deaths},
           {"history", n.history}};
  if (n.ahead > 0) j["ahead"] = n.ahead;
}

void from_json(const json& j, attempt_note& n) {
  attempt_note read;
  j.at("seq").get_to(read.seq);
  j.at("attempt").get_to(read.attempt);
  j.at("rejected").get_to(read.rejected);
  j.at("call").get_to(read.call);
  j.at("actor_deaths").get_to(read.actor_deaths);
  j.at("process_deaths").get_to(read.process_deaths);
  read.history = j.at("history");
  read.ahead = j.value("ahead", std::uint64_t{0});
  n = std::move(read);
}

} // namespace longwave::storage
