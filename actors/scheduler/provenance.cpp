// Puts the parts of a provenance record together.
#include "actors/scheduler/provenance.hpp"

#include "messages/json_text.hpp"

namespace longwave {

std::string provenance_text(const segment_plan& plan, const attempt_state& attempts, std::uint64_t calls,
                            const recent_text* digest, std::string_view metadata, std::string_view answered_by,
                            std::string_view answer, std::string_view discarded) {
  std::string out;
  out.reserve(4'096);
  out += '{';
  if (!answer.empty()) out.append("\"answer\":").append(answer).append(",");
  if (!answered_by.empty()) out.append("\"answered_by\":").append(answered_by).append(",");
  append_json(out.append("\"attempts\":"), attempts);
  out += ",\"calls\":";
  append_json_number(out, calls);
  if (digest != nullptr) append_json(out.append(",\"digest\":"), *digest);
  if (!discarded.empty()) out.append(",\"discarded\":").append(discarded);
  if (!metadata.empty()) out.append(",\"metadata\":").append(metadata);
  append_json(out.append(",\"plan\":"), plan);
  out += '}';
  return out;
}

std::string_view digest_part(std::string_view provenance) noexcept {
  // Inside a string the quotes would be escaped, so this is a name; what stands before it has none such.
  constexpr std::string_view name = ",\"digest\":";
  const auto at = provenance.find(name);
  if (at == std::string_view::npos) return {};
  const auto begin = at + name.size();
  int depth = 0;
  bool in_string = false;
  for (auto i = begin; i < provenance.size(); ++i) {
    const char c = provenance[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) return provenance.substr(begin, i + 1 - begin);
  }
  return {};
}

} // namespace longwave
