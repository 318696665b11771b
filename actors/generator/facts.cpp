// Wording of plans and profiles as facts.
#include "actors/generator/facts.hpp"

#include "messages/ascii_case.hpp"
#include "messages/sentences.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace longwave {

namespace {

using namespace std::string_view_literals;

constexpr std::array small_numbers{"zero",    "one",     "two",       "three",    "four",     "five",    "six",
                                   "seven",   "eight",   "nine",      "ten",      "eleven",   "twelve",  "thirteen",
                                   "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::array tens{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};
constexpr std::array ordinals{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
                              "tenth"};
constexpr std::array months{"January", "February", "March", "April", "May", "June", "July", "August", "September",
                            "October", "November", "December"};
constexpr std::array weekdays{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

bool blank(char c) noexcept { return static_cast<unsigned char>(c) <= ' '; }

bool letter_or_digit(char c) noexcept {
  const char l = ascii_lower(c);
  return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9');
}

void set_if(fact_table& facts, std::string_view name, std::string value) {
  if (!value.empty()) facts.set(name, std::move(value));
}

std::string hour_word(int hour) {
  hour = ((hour % 24) + 24) % 24;
  if (hour == 0) return "midnight";
  if (hour == 12) return "noon";
  return small_numbers[static_cast<std::size_t>(hour % 12)];
}

std::string_view daypart(int hour) noexcept {
  if (hour >= 5 && hour < 12) return "this morning";
  if (hour >= 12 && hour < 18) return "this afternoon";
  if (hour >= 18 && hour < 21) return "this evening";
  return "tonight";
}

std::string degrees(int temperature) {
  return number_in_words(temperature < 0 ? -temperature : temperature) +
         (temperature == 1 || temperature == -1 ? " degree" : " degrees") + (temperature < 0 ? " below zero" : "");
}

std::string_view feel(int temperature) noexcept {
  if (temperature < 28) return "freezing";
  if (temperature < 42) return "cold";
  if (temperature < 55) return "cool";
  if (temperature < 68) return "mild";
  if (temperature < 80) return "warm";
  return "hot";
}

std::string_view weather_noun(std::string_view type) noexcept {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> nouns{{{"sunny", "sunshine"},
                                                                                {"cloudy", "clouds"},
                                                                                {"rainy", "rain"},
                                                                                {"foggy", "fog"},
                                                                                {"snow", "snow"},
                                                                                {"rad_storm", "a rad storm"},
                                                                                {"dust_storm", "a dust storm"},
                                                                                {"glowing_fog", "glowing fog"}}};
  for (const auto& [key, noun] : nouns)
    if (key == type) return noun;
  return type;
}

/// The sentence without its end mark, for use inside another one.
std::string without_end(std::string_view text) {
  while (!text.empty() && (blank(text.back()) || text.back() == '.' || text.back() == '!' || text.back() == '?'))
    text.remove_suffix(1);
  return std::string(text);
}

std::string as_sentence(std::string_view text) {
  std::string sentence(text);
  while (!sentence.empty() && blank(sentence.back())) sentence.pop_back();
  if (sentence.empty()) return sentence;
  if (sentence[0] >= 'a' && sentence[0] <= 'z') sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
  constexpr std::string_view ends = ".!?\"";
  if (ends.find(sentence.back()) == std::string_view::npos && !sentence.ends_with("\u201d")) sentence += '.';
  return sentence;
}

bool has_whole_word(std::string_view where, std::string_view word) noexcept {
  for (auto at = where.find(word); at != std::string_view::npos; at = where.find(word, at + 1)) {
    const auto end = at + word.size();
    const bool starts = at == 0 || !letter_or_digit(where[at - 1]);
    if (starts && (end == where.size() || !letter_or_digit(where[end]))) return true;
  }
  return false;
}

/// True when the text has one of the item's words of more than three letters (what the incorporation score counts),
/// or, for an item of short words only, the item itself. Both in lower case.
bool named_in(std::string_view text, std::string_view item) noexcept {
  bool long_word = false;
  for (std::size_t begin = 0; begin < item.size();) {
    auto end = begin;
    while (end < item.size() && letter_or_digit(item[end])) ++end;
    if (end - begin > 3) {
      long_word = true;
      if (has_whole_word(text, item.substr(begin, end - begin))) return true;
    }
    begin = end + 1;
  }
  return !long_word && has_whole_word(text, item);
}

std::vector<std::string> not_named(std::string_view lower_text, const std::vector<std::string>& items) {
  std::vector<std::string> missing;
  for (const auto& item : items)
    if (!named_in(lower_text, ascii_lower(item))) missing.push_back(item);
  return missing;
}

void add_calendar(fact_table& facts, const segment_plan& plan) {
  const int hour = plan.position.hour;
  facts.set("hour_word", hour_word(hour));
  facts.set("hour_words", hour_in_words(hour));
  facts.set("next_hour_word", hour_word(hour + 1));
  facts.set("daypart", std::string(daypart(hour)));
  const std::array bands{"morning"sv, "midday"sv, "afternoon"sv, "evening"sv};
  facts.set("band", std::string(hour >= 6 && hour < 22 ? bands[static_cast<std::size_t>((hour - 6) / 4)] : "night"sv));
  if (plan.position.slot == 1) facts.set("first_slot", "yes");
  if (plan.segments_per_hour == 1) facts.set("hourly", "yes");

  const std::string& date = plan.position.broadcast_date;
  if (date.size() != 10 || date.find_first_not_of("0123456789-") != std::string::npos) return;
  const int year = std::stoi(date.substr(0, 4));
  const int month = std::stoi(date.substr(5, 2));
  const int day = std::stoi(date.substr(8, 2));
  if (month < 1 || month > 12) return;
  facts.set("month", months[static_cast<std::size_t>(month - 1)]);
  constexpr std::array seasons{"winter", "spring", "summer", "fall"};
  facts.set("season", seasons[static_cast<std::size_t>(month % 12 / 3)]);
  // Sakamoto's day of the week.
  constexpr std::array shift{0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
  const int y = month < 3 ? year - 1 : year;
  const int weekday = (y + y / 4 - y / 100 + y / 400 + shift[static_cast<std::size_t>(month - 1)] + day) % 7;
  facts.set("weekday", weekdays[static_cast<std::size_t>(weekday)]);
  if (weekday == 0 || weekday == 6) facts.set("weekend", "yes");
}

void add_weather(fact_table& facts, const segment_plan& plan) {
  const auto& now = plan.weather;
  if (now.type.empty()) return;
  facts.set("weather", now.type);
  facts.set("weather.noun", std::string(weather_noun(now.type)));
  set_if(facts, "weather.intensity", now.intensity);
  if (now.emergency) facts.set("weather.emergency", "yes");
  facts.set("temperature_words", degrees(now.temperature_f));
  facts.set("temperature_feel", std::string(feel(now.temperature_f)));
  if (!now.previous_type.empty()) {
    facts.set("weather.previous_noun", std::string(weather_noun(now.previous_type)));
    facts.set("weather.change", now.previous_type == now.type ? "same" : "changed");
  }
  if (!plan.forecast.empty()) {
    const auto& next = plan.forecast[0];
    facts.set("next.weather", next.type);
    facts.set("next.noun", std::string(weather_noun(next.type)));
    facts.set("next.temperature_words", degrees(next.temperature_f));
  }
  if (plan.forecast.size() > 1) {
    facts.set("later.weather", plan.forecast[1].type);
    facts.set("later.noun", std::string(weather_noun(plan.forecast[1].type)));
    facts.set("later.change", plan.forecast[1].type == plan.forecast[0].type ? "same" : "changed");
  }
}

void add_topics(fact_table& facts, const segment_plan& plan) {
  if (plan.gossip) {
    facts.set("gossip.subject", without_end(plan.gossip->subject));
    facts.set("gossip.category", plan.gossip->category);
    facts.set("gossip.stage", plan.gossip->stage);
  }
  if (plan.news) {
    facts.set("news.subject", without_end(plan.news->subject));
    facts.set("news.category", plan.news->category);
    std::string words = plan.news->category;
    for (char& c : words)
      if (c == '_') c = ' ';
    facts.set("news.category_words", std::move(words));
    set_if(facts, "news.wording", plan.news->wording);
  }
}

/// "yesterday", "three days ago", "a week ago"; beyond two weeks people do not count.
std::string days_ago(int days) {
  if (days <= 1) return "yesterday";
  if (days == 7) return "a week ago";
  if (days < 14) return number_in_words(days) + " days ago";
  return days < 28 ? "a couple of weeks ago" : "a good while ago";
}

void add_callback(fact_table& facts, const story_callback& past) {
  facts.set("callback.title", without_end(past.title));
  set_if(facts, "callback.entity", past.entity);
  set_if(facts, "callback.outcome", as_sentence(past.outcome));
  facts.set("callback.when", days_ago(past.days_ago));
}

void add_beat(fact_table& facts, const story_beat& beat) {
  facts.set("beat.title", without_end(beat.title));
  set_if(facts, "beat.telling", as_sentence(beat.telling));
  set_if(facts, "beat.summary", as_sentence(beat.summary));
  set_if(facts, "beat.act_title", without_end(beat.act_title));
  set_if(facts, "beat.act_type", beat.act_type);
  set_if(facts, "beat.framing", beat.framing);
  set_if(facts, "beat.tone", beat.emotional_tone);
  facts.set("beat.timeline", std::string(to_string(beat.line)));
  if (beat.act >= 1 && beat.act <= static_cast<int>(ordinals.size()))
    facts.set("beat.act_word", ordinals[static_cast<std::size_t>(beat.act - 1)]);
  facts.set("beat.total_word", number_in_words(beat.acts_total));
  if (beat.act <= 1) facts.set("beat.first", "yes");
  if (beat.act >= beat.acts_total) facts.set("beat.last", "yes");

  // A recap of the newest acts, as many as stay short: the part that is told now matters more.
  // A look back at another story takes its place.
  const std::size_t recap_words = beat.callback ? 12 : 28;
  std::string recap;
  for (auto it = beat.so_far.rbegin(); it != beat.so_far.rend(); ++it) {
    std::string sentence = as_sentence(*it);
    if (sentence.empty()) continue;
    if (!recap.empty() && count_words(recap) + count_words(sentence) > recap_words) break;
    recap = recap.empty() ? std::move(sentence) : sentence + " " + recap;
  }
  const std::string certain = ascii_lower((beat.telling.empty() ? beat.summary : beat.telling) + " " + beat.title);
  const std::string told = certain + " " + ascii_lower(recap);
  facts.set("beat.size", count_words(told) > 75 ? "long" : "short");
  set_if(facts, "beat.recap", std::move(recap));
  if (beat.callback) add_callback(facts, *beat.callback);
  // A grammar may leave the recap out: who is named only there is not named.
  set_if(facts, "beat.entities", listed(not_named(certain, beat.entities)));
  set_if(facts, "beat.themes", listed(not_named(told, beat.themes)));
}

void add_skeleton(fact_table& facts, const story_skeleton& s) {
  facts.set("template_id", s.template_id);
  facts.set("template_name", s.template_name);
  facts.set("skeleton.template_id", s.template_id);
  facts.set("skeleton.setting", s.setting);
  facts.set("skeleton.primary_fear", s.primary_fear);
  facts.set("skeleton.antagonist", s.antagonist);
  facts.set("skeleton.mechanism", s.mechanism);
  facts.set("skeleton.twist", s.twist);
  for (std::size_t i = 0; i < s.acts.size(); ++i) facts.set("skeleton.act" + std::to_string(i + 1), s.acts[i]);
}

} // namespace

std::string number_in_words(int number) {
  if (number < 0) return "minus " + number_in_words(-number);
  if (number > 999) return std::to_string(number);
  const auto n = static_cast<std::size_t>(number);
  if (n < 20) return small_numbers[n];
  if (n < 100) return std::string(tens[n / 10]) + (n % 10 ? std::string("-") + small_numbers[n % 10] : std::string());
  std::string words = std::string(small_numbers[n / 100]) + " hundred";
  if (n % 100) words += " and " + number_in_words(number % 100);
  return words;
}

std::string hour_in_words(int hour) {
  hour = ((hour % 24) + 24) % 24;
  const std::string word = hour_word(hour);
  if (hour == 0 || hour == 12) return word;
  if (hour < 12) return word + " in the morning";
  if (hour < 18) return word + " in the afternoon";
  if (hour < 21) return word + " in the evening";
  return word + " at night";
}

std::string listed(const std::vector<std::string>& items) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += i + 1 == items.size() ? " and " : ", ";
    out += items[i];
  }
  return out;
}

bool is_known_fact(std::string_view name) noexcept {
  static constexpr auto known = std::to_array<std::string_view>({
    "band", "beat.act_title", "beat.act_type", "beat.act_word", "beat.entities", "beat.first", "beat.framing",
    "beat.last", "beat.plain", "beat.recap", "beat.size", "beat.summary", "beat.telling", "beat.themes",
    "beat.timeline", "beat.title", "beat.tone", "beat.total_word", "callback.entity", "callback.outcome",
    "callback.title", "callback.when", "catchphrase", "daypart", "dj", "dj.name", "first_slot", "gossip.category",
    "gossip.stage", "gossip.subject", "hour_word", "hour_words", "hourly", "language", "later.change", "later.noun",
    "later.weather", "month", "news.category", "news.category_words", "news.subject", "news.wording", "next.noun",
    "next.temperature_words", "next.weather", "next_hour_word", "region", "rejected", "season", "skeleton.act1",
    "skeleton.act2", "skeleton.act3", "skeleton.antagonist", "skeleton.mechanism", "skeleton.primary_fear",
    "skeleton.setting", "skeleton.template_id", "skeleton.twist", "station", "structure", "target_length",
    "temperature_feel", "temperature_words", "template_id", "template_name", "type", "weather", "weather.change",
    "weather.emergency", "weather.intensity", "weather.noun", "weather.previous_noun", "weekday", "weekend"});
  static_assert(std::is_sorted(known.begin(), known.end()));
  return std::binary_search(known.begin(), known.end(), name);
}

fact_table facts_of(const segment_plan& plan, const dj_profile& profile) {
  fact_table facts;
  facts.reserve(48);
  facts.set("type", std::string(to_string(plan.type)));
  set_if(facts, "structure", plan.structure);
  set_if(facts, "language", plan.language);
  set_if(facts, "dj", profile.name.substr(0, profile.name.find(" (")));
  set_if(facts, "dj.name", profile.name);
  set_if(facts, "station", profile.station);
  set_if(facts, "region", profile.knowledge.region);
  if (plan.skeleton) {
    add_skeleton(facts, *plan.skeleton);
    if (plan.target_length > 0) facts.set("target_length", std::to_string(plan.target_length));
    return facts;
  }
  add_calendar(facts, plan);
  add_weather(facts, plan);
  add_topics(facts, plan);
  if (plan.beat) add_beat(facts, *plan.beat);
  set_if(facts, "catchphrase", without_end(plan.catchphrase));
  return facts;
}

} // namespace longwave
