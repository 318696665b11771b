// The record's JSON in three forms that must agree: nlohmann's, the fast line, and the canonical form under the hash.
#include "messages/record.hpp"

#include "messages/json_controls.hpp"
#include "messages/json_text.hpp"

#include <nlohmann/json.hpp>

namespace longwave {

namespace {

using nlohmann::json;

/// Fields outside the identity promise (contract 8.20, 8.22): times, places and the chain itself.
bool outside_identity(std::string_view key) noexcept {
  return key == "hash" || key == "prev_hash" || key == "run_id" || key == "accepted_at" || key == "generation_ms" ||
         key == "file_stem";
}

timeline timeline_from(const std::string& name) {
  for (auto line : all_timelines)
    if (to_string(line) == name) return line;
  throw json::other_error::create(501, "story.timeline: unknown value \"" + name + "\"", nullptr);
}

json usage_json(const token_usage& u) {
  const auto part = [](const std::optional<std::uint64_t>& n) { return n ? json(*n) : json(nullptr); };
  return json{{"input_tokens", part(u.input_tokens)},
              {"output_tokens", part(u.output_tokens)},
              {"total_tokens", part(u.total())}};
}

token_usage usage_from(const json& j) {
  const auto part = [&](const char* key) -> std::optional<std::uint64_t> {
    const auto& value = j.at(key);
    if (value.is_null()) return std::nullopt;
    return value.get<std::uint64_t>();
  };
  return {part("input_tokens"), part("output_tokens")};
}

json violation_json(const violation& v) {
  return json{{"rule", v.rule},
              {"category", v.category},
              {"severity", to_string(v.level)},
              {"message", v.message},
              {"evidence", v.evidence}};
}

// -- the fast writer: keys in sorted order, so that it equals a dump of nlohmann's sorted objects -------------------

void append_text(std::string& out, std::string_view key_with_comma, std::string_view text) {
  out += key_with_comma;
  append_json_string(out, text);
}

template <class T>
void append_count(std::string& out, std::string_view key_with_comma, T number) {
  out += key_with_comma;
  append_json_number(out, number);
}

void append_list(std::string& out, std::string_view key_with_comma, const std::vector<std::string>& list) {
  out += key_with_comma;
  out += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i != 0) out += ',';
    append_json_string(out, list[i]);
  }
  out += ']';
}

void append_story(std::string& out, const std::optional<story_mark>& story) {
  out += ",\"story\":";
  if (!story) {
    out += "null";
    return;
  }
  append_count(out, "{\"act\":", story->act);
  append_count(out, ",\"acts_total\":", story->acts_total);
  append_text(out, ",\"id\":", story->id);
  out += ",\"incorporation\":";
  append_json_fraction(out, story->incorporation);
  append_text(out, ",\"timeline\":", to_string(story->line));
  out += '}';
}

void append_usage(std::string& out, const std::optional<token_usage>& usage) {
  out += ",\"usage\":";
  if (!usage) {
    out += "null";
    return;
  }
  const auto part = [&](std::string_view key, const std::optional<std::uint64_t>& number) {
    out += key;
    if (number)
      append_json_number(out, *number);
    else
      out += "null";
  };
  part("{\"input_tokens\":", usage->input_tokens);
  part(",\"output_tokens\":", usage->output_tokens);
  part(",\"total_tokens\":", usage->total());
  out += '}';
}

void append_variety(std::string& out, const variety_mark& v) {
  append_list(out, ",\"variety\":{\"catchphrases\":", v.catchphrases);
  append_list(out, ",\"flags\":", v.flags);
  append_text(out, ",\"opening\":", v.opening);
  append_text(out, ",\"structure\":", v.structure);
  append_list(out, ",\"topics\":", v.topics);
  out += '}';
}

void append_violations(std::string& out, const std::vector<violation>& violations) {
  out += ",\"violations\":[";
  for (std::size_t i = 0; i < violations.size(); ++i) {
    const auto& v = violations[i];
    append_text(out, i == 0 ? "{\"category\":" : ",{\"category\":", v.category);
    append_text(out, ",\"evidence\":", v.evidence);
    append_text(out, ",\"message\":", v.message);
    append_text(out, ",\"rule\":", v.rule);
    append_text(out, ",\"severity\":", to_string(v.level));
    out += '}';
  }
  out += ']';
}

template <bool canonical>
std::string write_record(const segment_record& r) {
  std::string out;
  out.reserve(r.text.size() + 1024);
  out += '{';
  if constexpr (!canonical) {
    append_text(out, "\"accepted_at\":", r.accepted_at);
    out += ',';
  }
  if (!r.attempt_outcomes.empty()) {
    append_list(out, "\"attempt_outcomes\":", r.attempt_outcomes);
    out += ',';
  }
  append_count(out, "\"attempts\":", r.attempts);
  append_text(out, ",\"broadcast_date\":", r.position.broadcast_date);
  append_count(out, ",\"day\":", r.position.day);
  if constexpr (!canonical) {
    if (!r.file_stem.empty()) append_text(out, ",\"file_stem\":", r.file_stem);
    append_count(out, ",\"generation_ms\":", r.generation_ms);
    append_text(out, ",\"hash\":", r.hash);
  }
  append_count(out, ",\"hour\":", r.position.hour);
  if constexpr (!canonical) {
    append_text(out, ",\"prev_hash\":", r.prev_hash);
    append_text(out, ",\"run_id\":", r.run_id);
  }
  append_count(out, ",\"seq\":", r.seq);
  if (!r.skip_reason.empty()) append_text(out, ",\"skip_reason\":", r.skip_reason);
  append_count(out, ",\"slot\":", r.position.slot);
  append_text(out, ",\"status\":", to_string(r.status));
  append_story(out, r.story);
  if (!r.template_id.empty()) append_text(out, ",\"template_id\":", r.template_id);
  append_text(out, ",\"text\":", r.text);
  if (!r.title.empty()) append_text(out, ",\"title\":", r.title);
  append_text(out, ",\"type\":", r.type);
  append_usage(out, r.usage);
  append_variety(out, r.variety);
  append_violations(out, r.violations);
  out += '}';
  return out;
}

/// Compact dump with sorted keys and rounded fractions. Recursion is safe: nlohmann's parser has built the value.
void append_canonical(std::string& out, const json& j, bool top) {
  if (j.is_object()) {
    out += '{';
    bool first = true;
    for (const auto& [key, value] : j.items()) {
      if (top && outside_identity(key)) continue;
      if (!first) out += ',';
      first = false;
      append_json_string(out, key);
      out += ':';
      append_canonical(out, value, false);
    }
    out += '}';
  } else if (j.is_array()) {
    out += '[';
    for (std::size_t i = 0; i < j.size(); ++i) {
      if (i != 0) out += ',';
      append_canonical(out, j[i], false);
    }
    out += ']';
  } else if (j.is_string()) {
    append_json_string(out, j.get_ref<const std::string&>());
  } else if (j.is_number_float()) {
    append_json_fraction(out, j.get<double>());
  } else {
    out += j.dump();
  }
}

} // namespace

std::string_view to_string(record_status s) noexcept {
  return s == record_status::accepted ? "accepted" : "skipped";
}

void to_json(json& j, const segment_record& r) {
  auto violations = json::array();
  for (const auto& v : r.violations) violations.push_back(violation_json(v));
  j = json{{"seq", r.seq},
           {"run_id", r.run_id},
           {"status", to_string(r.status)},
           {"type", r.type},
           {"day", r.position.day},
           {"hour", r.position.hour},
           {"slot", r.position.slot},
           {"broadcast_date", r.position.broadcast_date},
           {"text", r.text},
           {"attempts", r.attempts},
           {"violations", std::move(violations)},
           {"variety",
            {{"opening", r.variety.opening},
             {"topics", r.variety.topics},
             {"structure", r.variety.structure},
             {"flags", r.variety.flags},
             {"catchphrases", r.variety.catchphrases}}},
           {"story", nullptr},
           {"usage", nullptr},
           {"generation_ms", r.generation_ms},
           {"accepted_at", r.accepted_at},
           {"hash", r.hash},
           {"prev_hash", r.prev_hash}};
  if (r.story)
    j["story"] = json{{"id", r.story->id},
                      {"timeline", to_string(r.story->line)},
                      {"act", r.story->act},
                      {"acts_total", r.story->acts_total},
                      {"incorporation", rounded3(r.story->incorporation)}};
  if (r.usage) j["usage"] = usage_json(*r.usage);
  if (!r.skip_reason.empty()) j["skip_reason"] = r.skip_reason;
  if (!r.attempt_outcomes.empty()) j["attempt_outcomes"] = r.attempt_outcomes;
  if (!r.title.empty()) j["title"] = r.title;
  if (!r.template_id.empty()) j["template_id"] = r.template_id;
  if (!r.file_stem.empty()) j["file_stem"] = r.file_stem;
}

void from_json(const json& j, segment_record& r) {
  segment_record read;
  j.at("seq").get_to(read.seq);
  j.at("run_id").get_to(read.run_id);
  const auto& status = j.at("status").get_ref<const std::string&>();
  if (status != "accepted" && status != "skipped")
    throw json::other_error::create(501, "status: unknown value \"" + status + "\"", nullptr);
  read.status = status == "accepted" ? record_status::accepted : record_status::skipped;
  j.at("type").get_to(read.type);
  j.at("day").get_to(read.position.day);
  j.at("hour").get_to(read.position.hour);
  j.at("slot").get_to(read.position.slot);
  j.at("broadcast_date").get_to(read.position.broadcast_date);
  j.at("text").get_to(read.text);
  j.at("attempts").get_to(read.attempts);
  j.at("violations").get_to(read.violations);
  const auto& variety = j.at("variety");
  variety.at("opening").get_to(read.variety.opening);
  variety.at("topics").get_to(read.variety.topics);
  variety.at("structure").get_to(read.variety.structure);
  variety.at("flags").get_to(read.variety.flags);
  read.variety.catchphrases = variety.value("catchphrases", std::vector<std::string>{});
  if (const auto& story = j.at("story"); !story.is_null())
    read.story = story_mark{story.at("id").get<std::string>(), timeline_from(story.at("timeline").get<std::string>()),
                            story.at("act").get<int>(), story.at("acts_total").get<int>(),
                            story.at("incorporation").get<double>()};
  if (const auto& usage = j.at("usage"); !usage.is_null()) read.usage = usage_from(usage);
  read.skip_reason = j.value("skip_reason", std::string{});
  read.attempt_outcomes = j.value("attempt_outcomes", std::vector<std::string>{});
  read.title = j.value("title", std::string{});
  read.template_id = j.value("template_id", std::string{});
  read.file_stem = j.value("file_stem", std::string{});
  j.at("generation_ms").get_to(read.generation_ms);
  j.at("accepted_at").get_to(read.accepted_at);
  j.at("hash").get_to(read.hash);
  j.at("prev_hash").get_to(read.prev_hash);
  r = std::move(read);
}

std::string record_line(const segment_record& r) {
  return escape_controls(write_record<false>(r));
}

std::string canonical_json(const segment_record& r) {
  return write_record<true>(r);
}

std::string canonical_json(const json& line) {
  std::string out;
  append_canonical(out, line, true);
  return out;
}

} // namespace longwave
