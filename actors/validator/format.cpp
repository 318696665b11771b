// Format, stage wording and weather: noted, never a reason to reject.
#include "actors/validator/format.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace longwave {

namespace {

// domain 6.2, row "story-beat progression"; the tracker's stage "spreading" is the table's "developing" (domain 4).
constexpr auto stages = std::to_array<std::string_view>({"rumor", "spreading", "confirmed", "resolved"});

struct keyword {
  std::uint8_t index;
  std::string_view text;
};

constexpr auto stage_keywords = std::to_array<keyword>({
  {0, "heard"}, {0, "rumor"}, {0, "rumors"}, {0, "rumour"}, {0, "rumours"}, {0, "word is"}, {0, "travelers say"},
  {1, "reports indicate"}, {1, "confirmed sightings"}, {1, "ongoing"},
  {2, "confirmed"}, {2, "official"}, {2, "verified"}, {2, "reports"},
  {3, "resolved"}, {3, "ended"}, {3, "concluded"}, {3, "aftermath"},
});

constexpr auto weather_types = std::to_array<std::string_view>(
  {"sunny", "cloudy", "rainy", "foggy", "snow", "rad_storm", "dust_storm", "glowing_fog"});

constexpr auto weather_words = std::to_array<keyword>({
  {0, "sunny"}, {0, "sun"}, {0, "sunshine"}, {0, "sunlight"}, {0, "clear"}, {0, "bright"}, {0, "blue sky"},
  {0, "blue skies"},
  {1, "cloudy"}, {1, "cloud"}, {1, "clouds"}, {1, "clouded"}, {1, "overcast"}, {1, "gray"}, {1, "grey"},
  {2, "rainy"}, {2, "rain"}, {2, "rains"}, {2, "raining"}, {2, "drizzle"}, {2, "shower"}, {2, "showers"},
  {2, "downpour"}, {2, "wet"},
  {3, "foggy"}, {3, "fog"}, {3, "mist"}, {3, "misty"}, {3, "haze"},
  {4, "snow"}, {4, "snowy"}, {4, "snowing"}, {4, "snowfall"}, {4, "flurries"}, {4, "blizzard"}, {4, "snows"},
  {5, "rad storm"}, {5, "rad storms"}, {5, "radstorm"}, {5, "radiation storm"}, {5, "radioactive storm"},
  {6, "dust storm"}, {6, "dust storms"}, {6, "duststorm"}, {6, "sandstorm"}, {6, "sand storm"}, {6, "dust"},
  {7, "glowing fog"}, {7, "glowing mist"}, {7, "green fog"}, {7, "radioactive fog"}, {7, "fog glows"},
});

constexpr auto hour_names = std::to_array<std::string_view>({"twelve", "one", "two", "three", "four", "five", "six",
                                                             "seven", "eight", "nine", "ten", "eleven"});

void warn(std::vector<violation>& out, std::string rule, std::string message, std::string evidence = {}) {
  out.push_back({std::move(rule), "format", severity::warning, std::move(message), std::move(evidence)});
}

/// The last character that is neither space nor a closing quote, bracket or emphasis mark ends the sentence.
bool has_end_mark(std::string_view text) {
  static constexpr auto closing = std::to_array<std::string_view>(
    {" ", "\n", "\r", "\t", "\"", "'", ")", "]", "*", "_", "\u201D", "\u2019", "\u00BB", "\u3000", "\u300D",
     "\u300F"});
  for (bool again = true; again;) {
    again = false;
    for (std::string_view c : closing) {
      if (text.empty() || !text.ends_with(c)) continue;
      text.remove_suffix(c.size());
      again = true;
    }
  }
  for (std::string_view mark : {".", "!", "?", "\u2026", "\u3002", "\uFF01", "\uFF1F"})
    if (text.ends_with(mark)) return true;
  return false;
}

/// A remark in brackets with words in it: "[music fades]"; nobody shall read it aloud.
std::string_view stage_direction(std::string_view text) {
  const std::size_t open = text.find('[');
  if (open == std::string_view::npos) return {};
  const std::size_t close = text.find(']', open);
  if (close == std::string_view::npos) return {};
  const std::string_view inner = text.substr(open, close - open + 1);
  return word_list(inner).empty() ? std::string_view{} : inner;
}

bool names_hour(const word_list& words, int hour) {
  const std::string_view name = hour_names[static_cast<std::size_t>(hour % 12)];
  const std::string h24 = std::to_string(hour);
  const std::string h12 = std::to_string(hour % 12 == 0 ? 12 : hour % 12);
  const std::string padded = hour < 10 ? "0" + h24 : h24;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view w = words.folded(i);
    if (w == name || w == h24 || w == padded) return true;
    if ((hour == 12 && w == "noon") || (hour == 0 && w == "midnight")) return true;
    if (w.ends_with("am") || w.ends_with("pm")) w.remove_suffix(2);
    if (w == h12) return true;
  }
  return false;
}

void judge_elements(const word_list& words, const segment_plan& plan, std::vector<violation>& out) {
  if (plan.type == segment_type::time_check && !names_hour(words, plan.position.hour))
    warn(out, "required_element",
         "A time check names the hour; " + std::to_string(plan.position.hour) + " is missing.");
  if (plan.type == segment_type::news && plan.news) {
    std::string subject = plan.news->category + " " + plan.news->subject;
    std::replace(subject.begin(), subject.end(), '_', ' ');
    if (!mentions_subject(word_hash_set(words), subject))
      warn(out, "required_element", "The news never comes to its subject.");
  }
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(
    std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void judge_story_length(std::string_view text, const segment_plan& plan, std::vector<violation>& out) {
  if (plan.target_length <= 0) return;
  const auto length = static_cast<long long>(count_code_points(text));
  const long long target = plan.target_length;
  const long long off = (length > target ? length - target : target - length) * 100;
  if (off <= target * format_limits{}.story_length_tolerance_percent) return;
  warn(out, length > target ? "too_long" : "too_short",
       "The story has " + std::to_string(length) + " characters; " + std::to_string(target) + " were asked for.");
}

} // namespace

void add_format_phrases(phrase_set& phrases) {
  for (const keyword& k : stage_keywords) phrases.add(phrase_kind::stage_keyword, k.text, {.tag = k.index});
  for (const keyword& k : weather_words) phrases.add(phrase_kind::weather_word, k.text, {.tag = k.index});
}

void judge_format(const word_list& words, const segment_plan& plan, bool story_run, std::vector<violation>& out) {
  const std::size_t spoken = words.spoken_count();
  const std::size_t least =
    story_run ? format_limits{}.fragment_words
              : std::max(format_limits{}.fragment_words, static_cast<std::size_t>(std::max(plan.min_words, 0)));
  if (spoken < least)
    warn(out, "too_short", "The text has " + std::to_string(spoken) + " words; at least " + std::to_string(least) +
                             " are asked for.");
  if (!story_run && plan.max_words > 0 && spoken > static_cast<std::size_t>(plan.max_words))
    warn(out, "too_long", "The text has " + std::to_string(spoken) + " words; at most " +
                            std::to_string(plan.max_words) + " are asked for.");
  if (story_run) judge_story_length(words.text(), plan, out);
  if (!has_end_mark(words.text())) warn(out, "no_end_mark", "The text does not end with a full sentence.");
  const std::string_view direction = stage_direction(words.text());
  if (!direction.empty())
    warn(out, "stage_direction", "A stage direction stands in the text.", std::string(direction));
  if (!story_run) judge_elements(words, plan, out);
}

void judge_stage(const phrase_set& phrases, const std::vector<phrase_hit>& hits, const word_list& words,
                 const segment_plan& plan, std::vector<violation>& out) {
  if (plan.type != segment_type::gossip || !plan.gossip) return;
  const auto stage = std::find(stages.begin(), stages.end(), plan.gossip->stage);
  if (stage == stages.end()) return;
  const auto own = static_cast<std::uint8_t>(stage - stages.begin());
  bool own_found = false;
  const phrase_hit* foreign = nullptr;
  std::uint32_t taken_to = 0;
  for (const phrase_hit& hit : hits) {
    if (phrases.kind(hit) != phrase_kind::stage_keyword) continue;
    // Hits come by position, longest first: what begins inside a taken phrase is part of it ("confirmed sightings").
    if (hit.first < taken_to) continue;
    taken_to = hit.first + hit.count;
    if (phrases.tag(hit) == own) {
      own_found = true;
    } else if (foreign == nullptr) {
      foreign = &hit;
    }
  }
  if (!own_found)
    out.push_back({"story_progression", "story", severity::quality,
                   "Nothing says that the rumour is at the stage \"" + std::string(*stage) + "\".", ""});
  if (foreign != nullptr)
    out.push_back({"story_progression", "story", severity::quality,
                   "The wording fits the stage \"" + std::string(stages[phrases.tag(*foreign)]) + "\", not \"" +
                     std::string(*stage) + "\".",
                   std::string(words.span(foreign->first, foreign->count))});
}

void judge_weather(const phrase_set& phrases, const std::vector<phrase_hit>& hits, const segment_plan& plan,
                   std::vector<violation>& out) {
  if (plan.type != segment_type::weather && plan.type != segment_type::emergency_weather) return;
  const auto type = std::find(weather_types.begin(), weather_types.end(), plan.weather.type);
  if (type == weather_types.end()) return;
  const auto index = static_cast<std::uint8_t>(type - weather_types.begin());
  const bool named = std::any_of(hits.begin(), hits.end(), [&](const phrase_hit& hit) {
    return phrases.kind(hit) == phrase_kind::weather_word && phrases.tag(hit) == index;
  });
  if (!named)
    out.push_back({"weather_mismatch", "weather", severity::quality,
                   "The planned weather, " + plan.weather.type + ", is never named.", ""});
}

bool mentions_subject(const word_hash_set& text, std::string_view subject) {
  const word_list words(subject);
  bool any = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words.folded(i).size() <= 3 || is_stop_word(words.folded(i))) continue;
    if (text.contains(words[i].hash)) return true;
    any = true;
  }
  return !any;
}

} // namespace longwave
