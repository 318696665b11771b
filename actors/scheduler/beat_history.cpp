// Summing up the beats of one story.
#include "actors/scheduler/beat_history.hpp"

#include <algorithm>
#include <map>

namespace longwave {

namespace {

std::size_t words_of(const std::string& text) {
  std::size_t words = 0;
  bool before = true;
  for (unsigned char c : text) {
    const bool blank = c <= ' ';
    words += before && !blank;
    before = blank;
  }
  return words;
}

/// The first words of a text, with a mark when some were left out.
std::string first_words(const std::string& text, std::size_t most) {
  std::size_t words = 0;
  bool before = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool blank = static_cast<unsigned char>(text[i]) <= ' ';
    if (before && !blank && words++ == most) {
      auto end = i;
      while (end > 0 && static_cast<unsigned char>(text[end - 1]) <= ' ') --end;
      return text.substr(0, end) + " ...";
    }
    before = blank;
  }
  return text;
}

std::vector<std::string> most_frequent(const std::map<std::string, std::size_t>& counts, std::size_t most) {
  std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> out;
  for (const auto& [name, count] : sorted) {
    if (out.size() == most) break;
    out.push_back(name);
  }
  return out;
}

void summarise(const std::vector<aired_beat>& beats, std::size_t count, const beat_history_limits& limits,
               beat_digest& out) {
  std::map<std::string, std::size_t> entities;
  double conflict = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& b = beats[i];
    conflict += b.conflict_level;
    for (const auto& e : b.entities) ++entities[e];
    const auto known =
      std::find_if(out.outcomes.begin(), out.outcomes.end(), [&](const act_outcome& o) { return o.act == b.act; });
    if (known != out.outcomes.end())
      ++known->beats;
    else
      out.outcomes.push_back({b.act, b.act_type, b.act_title, first_words(b.outcome, limits.outcome_words), 1});
  }
  out.summarized_count = count;
  out.mean_conflict = count == 0 ? 0 : conflict / static_cast<double>(count);
  out.entities = most_frequent(entities, limits.entities);
}

std::size_t words_of(const beat_digest& d) {
  std::size_t n = 0;
  for (const auto& o : d.outcomes) n += words_of(o.title) + words_of(o.outcome);
  for (const auto& e : d.entities) n += words_of(e);
  for (const auto& b : d.recent) n += words_of(b.text);
  return n;
}

/// Shortens what is longest until the digest fits: the older of the full beats first, outcomes last.
void fit(beat_digest& d, const beat_history_limits& limits) {
  d.tokens = words_of(d);
  for (auto& b : d.recent) {
    if (d.tokens <= limits.tokens) return;
    const std::size_t here = words_of(b.text), over = d.tokens - limits.tokens;
    b.text = over + 1 >= here ? std::string() : first_words(b.text, here - over - 1);
    d.tokens = words_of(d);
  }
  for (std::size_t words = limits.outcome_words; d.tokens > limits.tokens && words > 0;) {
    words /= 2;
    for (auto& o : d.outcomes) o.outcome = first_words(o.outcome, words);
    d.tokens = words_of(d);
  }
  while (d.tokens > limits.tokens && !d.outcomes.empty()) {
    d.outcomes.erase(d.outcomes.begin());
    d.tokens = words_of(d);
  }
}

} // namespace

beat_digest digest_beats(const std::vector<aired_beat>& beats, const beat_history_limits& limits) {
  beat_digest out;
  out.count = beats.size();
  for (const auto& b : beats) out.tokens_full += words_of(b.text);
  const std::size_t older = beats.size() > limits.full_beats ? beats.size() - limits.full_beats : 0;
  summarise(beats, older, limits, out);
  out.recent.assign(beats.begin() + static_cast<std::ptrdiff_t>(older), beats.end());
  fit(out, limits);
  return out;
}

} // namespace longwave
