// Shares of a beat's entities, summary, themes and title that stand in a text.
#include "actors/validator/incorporation.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace longwave {

namespace {

constexpr incorporation_rules incorporation_numbers;

/// Share of the long words of `source` that the text has; empty when `source` has no such word.
/// @param left_out words that do not count
std::optional<double> word_share(std::string_view source, const word_hash_set& text, bool drop_stop_words,
                                 const word_hash_set* left_out = nullptr) {
  const word_list words(source);
  std::vector<std::uint32_t> wanted;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view w = words.folded(i);
    if (w.size() <= incorporation_numbers.short_word || (drop_stop_words && is_stop_word(w))) continue;
    if (left_out && left_out->contains(words[i].hash)) continue;
    bool known = false;
    for (std::uint32_t h : wanted) known = known || h == words[i].hash;
    if (!known) wanted.push_back(words[i].hash);
  }
  if (wanted.empty()) return std::nullopt;
  std::size_t found = 0;
  for (std::uint32_t h : wanted) found += text.contains(h) ? 1 : 0;
  return static_cast<double>(found) / static_cast<double>(wanted.size());
}

/// A name is present with one of its long words; a name of short words only ("Moe") with all of them.
bool name_present(std::string_view name, const word_hash_set& text) {
  const word_list words(name);
  bool any_long = false;
  bool all = !words.empty();
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool found = text.contains(words[i].hash);
    const bool is_long = words.folded(i).size() > incorporation_numbers.short_word;
    if (is_long && found) return true;
    any_long = any_long || is_long;
    all = all && found;
  }
  return !any_long && all;
}

std::optional<double> name_share(const std::vector<std::string>& names, const word_hash_set& text) {
  if (names.empty()) return std::nullopt;
  std::size_t found = 0;
  for (const std::string& name : names) found += name_present(name, text) ? 1 : 0;
  return static_cast<double>(found) / static_cast<double>(names.size());
}

} // namespace

bool refers_back(const story_beat& beat, const word_hash_set& text) {
  const story_callback& past = *beat.callback;
  if (!past.entity.empty() && !name_present(past.entity, text)) return false;
  std::string own = beat.title + ' ' + beat.summary + ' ' + beat.telling;
  for (const std::string& name : beat.entities) own += ' ' + name;
  for (const std::string& earlier : beat.so_far) own += ' ' + earlier;
  const word_list own_words(own);
  // What both have tells nothing; without any words of its own the name alone has to do.
  const word_hash_set own_set(own_words);
  const auto share = word_share(past.title + ' ' + past.outcome, text, true, &own_set);
  return !share || *share >= incorporation_numbers.called_back_from;
}

double incorporation_score(const story_beat& beat, const word_hash_set& text) {
  double weight = 0;
  double sum = 0;
  const auto add = [&](double part, std::optional<double> share) {
    if (!share) return;
    weight += part;
    sum += part * *share;
  };
  add(incorporation_numbers.entities, name_share(beat.entities, text));
  add(incorporation_numbers.summary, word_share(beat.summary, text, true));
  add(incorporation_numbers.themes, name_share(beat.themes, text));
  add(incorporation_numbers.title, word_share(beat.title, text, false));
  return weight > 0 ? sum / weight : 1.0;
}

} // namespace longwave
