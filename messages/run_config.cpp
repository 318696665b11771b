// A run's configuration: legal ids, planned size, fingerprint and JSON.
#include "messages/run_config.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace longwave {

namespace {

constexpr std::size_t longest_run_id = 64;

bool letter_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// Calls `each(name, field)` for every stored field, so that writing and reading cannot drift apart.
template <class Config, class Each>
void for_each_field(Config& c, Each each) {
  each("run_id", c.run_id);
  each("dj", c.dj);
  each("pack", c.pack);
  each("pack_hash", c.pack_hash);
  each("lore", c.lore);
  each("quest_pool", c.quest_pool);
  each("seed", c.seed);
  each("backend", c.backend);
  each("model", c.model);
  each("endpoints", c.endpoints);
  each("api_key_file", c.api_key_file);
  each("output", c.output);
  each("duration_hours", c.duration_hours);
  each("segments_per_hour", c.segments_per_hour);
  each("start_hour", c.start_hour);
  each("hours_per_day", c.hours_per_day);
  each("start_date", c.start_date);
  each("stories_enabled", c.stories_enabled);
  each("validation_enabled", c.validation_enabled);
  each("validation_mode", c.validation_mode);
  each("checkpoint_interval_hours", c.checkpoint_interval_hours);
  each("max_stories", c.max_stories);
  each("duration_seconds", c.duration_seconds);
  each("interval_seconds", c.interval_seconds);
  each("template_id", c.template_id);
  each("target_length", c.target_length);
  each("language", c.language);
  each("dedup_enabled", c.dedup_enabled);
  each("load_history", c.load_history);
  each("registry", c.registry);
  each("dedup_policy", c.dedup_policy);
  each("max_attempts", c.max_attempts);
  each("call_timeout_ms", c.call_timeout_ms);
  each("connect_timeout_ms", c.connect_timeout_ms);
  each("first_byte_timeout_ms", c.first_byte_timeout_ms);
  each("idle_timeout_ms", c.idle_timeout_ms);
  each("in_flight", c.in_flight);
  each("context_tokens", c.context_tokens);
  each("max_tokens_field", c.max_tokens_field);
  each("fallback_model", c.fallback_model);
  each("pause_grace_ms", c.pause_grace_ms);
  each("stall_after_s", c.stall_after_s);
  each("outage_wait_s", c.outage_wait_s);
  each("exit_on_failure_limit", c.exit_on_failure_limit);
  each("auto_resume", c.auto_resume);
  each("virtual_clock", c.virtual_clock);
  each("segment_files", c.segment_files);
  each("use_feedback", c.use_feedback);
  each("prices", c.prices);
  each("budget", c.budget);
  each("budget_tokens", c.budget_tokens);
  each("validation_model", c.validation_model);
  each("judge_backend", c.judge_backend);
  each("judge_endpoints", c.judge_endpoints);
  each("judge_api_key_file", c.judge_api_key_file);
  each("judge_timeout_ms", c.judge_timeout_ms);
  each("judge_sample", c.judge_sample);
  each("speculate", c.speculate);
  each("judge_batch", c.judge_batch);
  each("escalation", c.escalation);
  each("fault_plan", c.fault_plan);
  each("log_prompts", c.log_prompts);
  each("call_log", c.call_log);
  each("disk_floor_bytes", c.disk_floor_bytes);
}

template <class T>
void write_field(nlohmann::json& j, const char* name, const T& value) {
  j[name] = value;
}

template <class T>
void write_field(nlohmann::json& j, const char* name, const std::optional<T>& value) {
  j[name] = value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

/// A field that an older release did not store keeps its default; one of a wrong type throws.
template <class T>
void read_field(const nlohmann::json& j, const char* name, T& value) {
  if (const auto it = j.find(name); it != j.end()) value = it->template get<T>();
}

template <class T>
void read_field(const nlohmann::json& j, const char* name, std::optional<T>& value) {
  if (const auto it = j.find(name); it != j.end()) {
    if (it->is_null())
      value.reset();
    else
      value = it->template get<T>();
  }
}

} // namespace

std::string_view to_string(run_kind k) noexcept {
  return k == run_kind::broadcast ? "broadcast" : "stories";
}

std::optional<run_kind> parse_run_kind(std::string_view text) noexcept {
  if (text == "broadcast") return run_kind::broadcast;
  if (text == "stories") return run_kind::stories;
  return std::nullopt;
}

bool legal_run_id(std::string_view id) noexcept {
  if (id.empty() || id.size() > longest_run_id || !letter_or_digit(id.front())) return false;
  for (char c : id)
    if (!letter_or_digit(c) && c != '.' && c != '_' && c != '-') return false;
  return true;
}

std::string legalised_run_id(std::string_view name) {
  std::string id;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool legal = letter_or_digit(c) || c == '.' || c == '_' || c == '-';
    if (!legal) {
      // One hyphen for a whole stretch of other characters, a multi-byte letter included.
      if (!id.empty() && id.back() != '-') id += '-';
      continue;
    }
    if (id.empty() && !letter_or_digit(c)) continue;
    id += c;
  }
  if (id.size() > longest_run_id) id.resize(longest_run_id);
  while (!id.empty() && id.back() == '-') id.pop_back();
  return id.empty() ? "run" : id;
}

std::optional<std::uint64_t> run_config::planned_segments() const noexcept {
  if (kind == run_kind::stories) return max_stories;
  if (duration_hours <= 0 || segments_per_hour <= 0) return 0;
  return static_cast<std::uint64_t>(duration_hours) * static_cast<std::uint64_t>(segments_per_hour);
}

std::vector<std::pair<std::string, std::string>> run_config::fingerprint() const {
  return {
    {"kind", std::string(to_string(kind))},
    {"dj", dj},
    {"pack", pack_hash},
    {"seed", std::to_string(seed)},
    {"backend", backend},
    {"model", model},
    {"segments_per_hour", std::to_string(segments_per_hour)},
    {"start_hour", std::to_string(start_hour)},
    {"hours_per_day", std::to_string(hours_per_day)},
    {"start_date", start_date},
    {"stories", stories_enabled ? "on" : "off"},
    {"escalation", escalation},
    {"validation", validation_enabled ? validation_mode : "off"},
    {"max_attempts", std::to_string(max_attempts)},
    {"language", language},
    {"template", template_id},
    {"target_length", std::to_string(target_length)},
    {"generator_version", std::to_string(generator_version)},
  };
}

void to_json(nlohmann::json& j, const run_config& c) {
  j = nlohmann::json::object();
  j["kind"] = to_string(c.kind);
  for_each_field(c, [&](const char* name, const auto& value) { write_field(j, name, value); });
}

void from_json(const nlohmann::json& j, run_config& c) {
  run_config read;
  const auto& kind = j.at("kind").get_ref<const std::string&>();
  const auto parsed = parse_run_kind(kind);
  if (!parsed) throw nlohmann::json::other_error::create(501, "kind: unknown value \"" + kind + "\"", nullptr);
  read.kind = *parsed;
  j.at("run_id");
  for_each_field(read, [&](const char* name, auto& value) { read_field(j, name, value); });
  c = std::move(read);
}

} // namespace longwave
