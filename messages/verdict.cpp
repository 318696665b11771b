// Names and JSON of violations, and what "valid" means.
#include "messages/verdict.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace longwave {

std::string_view to_string(severity s) noexcept {
  switch (s) {
    case severity::critical: return "critical";
    case severity::quality: return "quality";
    case severity::warning: return "warning";
  }
  return "warning";
}

namespace {

severity severity_from(const nlohmann::json& j) {
  const auto& name = j.at("severity").get_ref<const std::string&>();
  for (severity s : {severity::critical, severity::quality, severity::warning})
    if (name == to_string(s)) return s;
  throw nlohmann::json::other_error::create(501, "severity is none of critical, quality, warning: " + name, &j);
}

} // namespace

void to_json(nlohmann::json& j, const violation& v) {
  j = nlohmann::json{{"rule", v.rule},
                     {"category", v.category},
                     {"severity", to_string(v.level)},
                     {"message", v.message},
                     {"evidence", v.evidence}};
}

void from_json(const nlohmann::json& j, violation& v) {
  j.at("rule").get_to(v.rule);
  j.at("category").get_to(v.category);
  v.level = severity_from(j);
  j.at("message").get_to(v.message);
  j.at("evidence").get_to(v.evidence);
}

bool verdict::valid() const noexcept {
  return std::none_of(violations.begin(), violations.end(),
                      [](const violation& v) { return v.level == severity::critical; });
}

} // namespace longwave
