// The table of region names.
#include "actors/scheduler/lore_regions.hpp"

#include <array>
#include <cctype>
#include <utility>

namespace longwave {

namespace {

std::string folded_region(std::string_view text) {
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '_' || c == '-') {
      out += ' ';
    } else if (std::isspace(byte)) {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += static_cast<char>(std::tolower(byte));
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

/// Whole words only: "Mojavean" names no region.
bool names(std::string_view where, std::string_view what) {
  for (auto at = where.find(what); at != std::string_view::npos; at = where.find(what, at + 1)) {
    const auto end = at + what.size();
    if ((at == 0 || !is_letter(where[at - 1])) && (end == where.size() || !is_letter(where[end]))) return true;
  }
  return false;
}

using region_name = std::pair<std::string_view, std::string_view>;

/// Earlier lines win: "New Vegas" before what a longer name may hold besides.
constexpr std::array<region_name, 26> table{{
  {"appalachia", "Appalachia"},
  {"west virginia", "Appalachia"},
  {"appalachian mountains", "Appalachia"},
  {"charleston", "Appalachia"},
  {"flatwoods", "Appalachia"},
  {"morgantown", "Appalachia"},
  {"watoga", "Appalachia"},
  {"mojave", "Mojave"},
  {"new vegas", "Mojave"},
  {"las vegas", "Mojave"},
  {"nevada", "Mojave"},
  {"hoover dam", "Mojave"},
  {"capital wasteland", "Capital Wasteland"},
  {"washington, d.c.", "Capital Wasteland"},
  {"washington d.c.", "Capital Wasteland"},
  {"washington dc", "Capital Wasteland"},
  {"district of columbia", "Capital Wasteland"},
  {"d.c. ruins", "Capital Wasteland"},
  {"megaton", "Capital Wasteland"},
  {"rivet city", "Capital Wasteland"},
  {"commonwealth", "Commonwealth"},
  {"massachusetts", "Commonwealth"},
  {"boston", "Commonwealth"},
  {"diamond city", "Commonwealth"},
  {"glowing sea", "Commonwealth"},
  {"goodneighbor", "Commonwealth"},
}};

} // namespace

std::string normalised_region(std::string_view name) {
  const auto text = folded_region(name);
  for (const auto& [key, region] : table)
    if (names(text, key)) return std::string(region);
  while (!name.empty() && std::isspace(static_cast<unsigned char>(name.front()))) name.remove_prefix(1);
  while (!name.empty() && std::isspace(static_cast<unsigned char>(name.back()))) name.remove_suffix(1);
  return std::string(name);
}

bool same_region(std::string_view a, std::string_view b) {
  return folded_region(normalised_region(a)) == folded_region(normalised_region(b));
}

} // namespace longwave
