// The table of pause reasons.
#include "actors/supervisor/pause_reasons.hpp"

#include <array>
#include <cstddef>

namespace longwave {

namespace {

struct reason {
  std::string_view name;
  bool stored;
  bool needs_person;
  bool lifted_by_resume;
};

// contract 8.8 for names and order, 8.12 for what is stored. `pause_file` and `control` are a person's own wish, and a
// sound probe ends `backend_down`: an unattended run has no reason to end because of them.
constexpr std::array<reason, 11> table{{
  {"pause_file", false, false, false},
  {"control", true, false, true},
  {"consecutive_failures", true, true, true},
  {"quality_gate", true, true, true},
  {"disk_low", false, true, true},
  {"backend_down", false, false, true},
  {"backend_busy", false, true, true},
  {"backend_config", true, true, true},
  {"quota", true, true, true},
  {"budget", true, true, true},
  {"crash_loop", true, true, true},
}};

// contract section 3, "Exit codes"
constexpr int exit_backend_refuses = 69;
constexpr int exit_paused = 75;

constexpr std::size_t none = table.size();

std::size_t index_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i].name == name) return i;
  return none;
}

} // namespace

bool pause_reasons::add(std::string_view name) noexcept {
  const std::size_t i = index_of(name);
  if (i == none || (set_ >> i & 1u) != 0) return false;
  set_ |= 1u << i;
  return true;
}

bool pause_reasons::remove(std::string_view name) noexcept {
  const std::size_t i = index_of(name);
  if (i == none || (set_ >> i & 1u) == 0) return false;
  set_ &= ~(1u << i);
  return true;
}

bool pause_reasons::clear_for_resume() noexcept {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i].lifted_by_resume) set_ &= ~(1u << i);
  return set_ == 0;
}

bool pause_reasons::has(std::string_view name) const noexcept {
  const std::size_t i = index_of(name);
  return i != none && (set_ >> i & 1u) != 0;
}

std::vector<std::string> pause_reasons::list() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < table.size(); ++i)
    if ((set_ >> i & 1u) != 0) names.emplace_back(table[i].name);
  return names;
}

bool pause_reasons::known(std::string_view name) noexcept { return index_of(name) != none; }

bool pause_reasons::needs_person(std::string_view name) noexcept {
  const std::size_t i = index_of(name);
  return i != none && table[i].needs_person;
}

bool pause_reasons::stored(std::string_view name) noexcept {
  const std::size_t i = index_of(name);
  return i != none && table[i].stored;
}

int pause_reasons::exit_code(std::string_view name) noexcept {
  return name == "backend_config" ? exit_backend_refuses : exit_paused;
}

} // namespace longwave
