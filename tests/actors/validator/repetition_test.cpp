// The window of recent texts and the variety rules over it.
#include "actors/validator/repetition.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace longwave;

namespace {

recent_text digest(std::uint64_t seq, int day, int hour, const std::string& text) {
  const word_list words(text);
  recent_text t;
  t.seq = seq;
  t.day = day;
  t.hour = hour;
  t.opening = words.opening(6);
  t.text_hash = words.text_hash();
  t.shingles = word_hash_set(words).distinct();
  std::sort(t.shingles.begin(), t.shingles.end());
  t.type = "gossip";
  return t;
}

std::vector<std::string> flags(const repetition_window& window, const recent_text& t, const std::string& text,
                               bool calendar = true, const std::vector<std::string>& exempt = {}) {
  const word_list words(text);
  const word_hash_set set(words);
  std::vector<violation> out;
  judge_variety({t, set, calendar, exempt}, window, out);
  std::vector<std::string> names;
  for (const violation& v : out) {
    CHECK(v.category == "variety");
    CHECK(v.level == severity::warning);
    names.push_back(v.rule);
  }
  return names;
}

std::string unique_text(int n) {
  std::string out;
  for (int i = 0; i < 20; ++i) out += "w" + std::to_string(n) + "x" + std::to_string(i) + "y ";
  return out;
}

const std::string greeting = "Good evening to all of you listening ";

std::vector<std::string> keyed(repetition_window& window, std::uint64_t seq, int day, int hour, const std::string& key,
                               const std::vector<std::string>& exempt = {}) {
  const std::string text = unique_text(static_cast<int>(seq));
  recent_text t = digest(seq, day, hour, text);
  t.cooled = {key};
  auto found = flags(window, t, text, true, exempt);
  window.add(t);
  return found;
}

} // namespace

TEST_CASE("repetition: an opening is flagged within ten segments and free after them (A23 test_phrase_cooldown_enforced)") {
  for (int between = 0; between < 14; ++between) {
    repetition_window window;
    window.add(digest(1, 1, 6, greeting + unique_text(0)));
    // Fillers on other days, so that only the count of segments speaks.
    for (int i = 1; i <= between; ++i)
      window.add(digest(static_cast<std::uint64_t>(1 + i), 1 + i, 6, unique_text(i)));
    const std::string text = "GOOD evening, to all of you: listening " + unique_text(99);
    const auto found = flags(window, digest(50, 40, 6, text), text);
    INFO("segments between: " << between);
    CHECK((found == std::vector<std::string>{"opening"}) == (between < 10));
    CHECK(found.empty() == (between >= 10));
  }
}

TEST_CASE("repetition: an opening is flagged when it comes again on its day") {
  repetition_window window;
  window.add(digest(1, 1, 6, greeting + unique_text(0)));
  for (int i = 1; i <= 12; ++i) window.add(digest(static_cast<std::uint64_t>(i + 1), 1, 7, unique_text(i)));
  const std::string text = greeting + unique_text(99);
  CHECK(flags(window, digest(14, 1, 21, text), text) == std::vector<std::string>{"opening"});
  CHECK(flags(window, digest(14, 1, 21, text), text, false).empty());
  window.add(digest(14, 2, 6, unique_text(13)));
  CHECK(flags(window, digest(15, 2, 7, text), text).empty());
}

TEST_CASE("repetition: the fourth use of an opening in a week is flagged, the third is not") {
  repetition_window window;
  std::uint64_t seq = 0;
  const auto day_with_opening = [&](int day) {
    const std::string text = greeting + unique_text(day * 100);
    const auto found = flags(window, digest(++seq, day, 6, text), text);
    window.add(digest(seq, day, 6, text));
    for (int i = 1; i <= 11; ++i) window.add(digest(++seq, day, 7, unique_text(day * 100 + i)));
    return found;
  };
  CHECK(day_with_opening(1).empty());
  CHECK(day_with_opening(2).empty());
  CHECK(day_with_opening(3).empty());
  CHECK(day_with_opening(7) == std::vector<std::string>{"opening"});
  CHECK(day_with_opening(8).empty());
}

TEST_CASE("repetition: an identical text is found in the whole run") {
  repetition_window window;
  const std::string text = greeting + unique_text(5000);
  window.add(digest(1, 1, 6, text));
  const std::string again = greeting + "- " + unique_text(5000);
  for (int i = 1; i < 3000; ++i) window.add(digest(static_cast<std::uint64_t>(i + 1), 1 + i, 6, unique_text(i)));
  CHECK(flags(window, digest(4000, 4000, 6, again), again) == std::vector<std::string>{"identical"});
  CHECK(window.texts.size() == 50);
  CHECK(window.all.size() == 3000);
}

TEST_CASE("repetition: half of the words in common is a near duplicate, less is not") {
  // 20 distinct words each; c in common: c / (40 - c). 13 / 27 = .48, 14 / 26 = .54.
  const auto words_from = [](int first, int count, const std::string& stem) {
    std::string out;
    for (int i = first; i < first + count; ++i) out += stem + std::to_string(i) + "z ";
    return out;
  };
  for (int common = 0; common <= 20; ++common) {
    repetition_window window;
    window.add(digest(1, 1, 6, words_from(0, 20, "a")));
    const std::string text = words_from(0, 20 - common, "b") + words_from(0, common, "a");
    const auto found = flags(window, digest(60, 50, 6, text + " end"), text);
    INFO("common: " << common);
    const bool near = 2 * common >= 40 - common;
    CHECK((std::find(found.begin(), found.end(), "near_duplicate") != found.end()) == near);
  }
}

TEST_CASE("repetition: exactly half is near") {
  repetition_window window;
  window.add(digest(1, 1, 6, "alpha beta gamma"));
  // 2 common of 4 distinct in both together
  CHECK(flags(window, digest(60, 50, 6, "delta beta gamma"), "delta beta gamma") ==
        std::vector<std::string>{"near_duplicate"});
}

TEST_CASE("repetition: near duplicates are looked for in the whole run") {
  repetition_window window;
  window.add(digest(1, 1, 6, unique_text(7000)));
  for (int i = 1; i < 2000; ++i) window.add(digest(static_cast<std::uint64_t>(i + 1), 1 + i, 6, unique_text(i)));
  const std::string text = "changed " + unique_text(7000);
  CHECK(flags(window, digest(3000, 3000, 6, text), text) == std::vector<std::string>{"near_duplicate"});
}

TEST_CASE("repetition: things rest for their hours on the simulated clock (A24 test_topic_cooldown_enforced)") {
  struct row {
    std::string key;
    std::string flag;
    int hours;
  };
  for (const row& r : {row{"news:ferry", "news_topic", 48}, row{"location:welch", "location", 24},
                       row{"faction:responders", "faction", 12}}) {
    INFO(r.key);
    {
      repetition_window window;
      CHECK(keyed(window, 1, 1, 6, r.key).empty());
      const int hour = 6 + r.hours - 1;
      CHECK(keyed(window, 20, 1 + hour / 24, hour % 24, r.key) == std::vector<std::string>{r.flag});
    }
    repetition_window window;
    CHECK(keyed(window, 1, 1, 6, r.key).empty());
    const int hour = 6 + r.hours;
    CHECK(keyed(window, 20, 1 + hour / 24, hour % 24, r.key).empty());
  }
}

TEST_CASE("repetition: exempt names never rest") {
  repetition_window window;
  CHECK(keyed(window, 1, 1, 6, "location:welch").empty());
  CHECK(keyed(window, 2, 1, 7, "location:welch", {"location:welch"}).empty());
  CHECK(keyed(window, 3, 1, 8, "location:welch").size() == 1);
}

TEST_CASE("repetition: a story may go on, but is not told again within a week") {
  repetition_window window;
  CHECK(keyed(window, 1, 1, 6, "quest:a-1").empty());
  CHECK(keyed(window, 2, 1, 7, "quest:a-1").empty());
  CHECK(keyed(window, 3, 1, 8, "quest:a-10").empty());
  CHECK(keyed(window, 4, 2, 8, "quest:a-1#2") == std::vector<std::string>{"quest_reference"});
  repetition_window later;
  CHECK(keyed(later, 1, 1, 6, "quest:a-1").empty());
  CHECK(keyed(later, 200, 8, 6, "quest:a-1#2").empty());
}

TEST_CASE("repetition: a rumour's topic rests for five segments") {
  repetition_window window;
  CHECK(keyed(window, 1, 1, 6, "topic:g1").empty());
  CHECK(keyed(window, 6, 1, 11, "topic:g1") == std::vector<std::string>{"topic"});
  CHECK(keyed(window, 12, 1, 17, "topic:g1").empty());
}

TEST_CASE("repetition: the fourth use of a catch-phrase on a day is flagged") {
  repetition_window window;
  const auto use = [&](std::uint64_t seq, int day) {
    const std::string text = unique_text(static_cast<int>(seq));
    recent_text t = digest(seq, day, 6, text);
    t.catchphrases = {"Keep it lit"};
    const auto found = flags(window, t, text);
    window.add(t);
    return found;
  };
  CHECK(use(1, 1).empty());
  CHECK(use(2, 1).empty());
  CHECK(use(3, 1).empty());
  CHECK(use(4, 1) == std::vector<std::string>{"catchphrase"});
  CHECK(use(5, 2).empty());
}

TEST_CASE("repetition: neighbours of a type never share a structure (A26 test_structure_no_repeat)") {
  repetition_window window;
  const auto use = [&](std::uint64_t seq, const std::string& type, const std::string& structure) {
    const std::string text = unique_text(static_cast<int>(seq));
    recent_text t = digest(seq, static_cast<int>(seq), 6, text);
    t.type = type;
    t.structure = structure;
    const auto found = flags(window, t, text);
    window.add(t);
    return found;
  };
  CHECK(use(1, "news", "p1").empty());
  CHECK(use(2, "gossip", "p1").empty());
  CHECK(use(3, "news", "p1") == std::vector<std::string>{"structure"});
  CHECK(use(4, "news", "p2").empty());
  CHECK(use(5, "news", "p1").empty());
  CHECK(use(6, "weather", "").empty());
  CHECK(use(7, "weather", "").empty());
}

TEST_CASE("repetition: only three flags count in the rate") {
  for (const char* flag : {"opening", "identical", "near_duplicate"}) CHECK(counts_as_repetition(flag));
  for (const char* flag : {"news_topic", "location", "structure", "catchphrase", ""})
    CHECK_FALSE(counts_as_repetition(flag));
}

TEST_CASE("repetition: names rest for as long as naming them would be flagged") {
  repetition_window window;
  keyed(window, 1, 1, 6, "location:welch");
  keyed(window, 2, 1, 7, "faction:responders");
  keyed(window, 3, 1, 8, "news:ferry");
  using keys = std::vector<std::string>;
  CHECK(resting_keys(window, 1, 18) == keys{"faction:responders", "location:welch"});
  CHECK(resting_keys(window, 1, 19) == keys{"location:welch"});
  CHECK(resting_keys(window, 2, 6).empty());
  CHECK(opening_rests(window, digest(4, 1, 9, unique_text(1)).opening, 1, true));
  CHECK_FALSE(opening_rests(window, digest(4, 1, 9, unique_text(99)).opening, 1, true));
  CHECK_FALSE(opening_rests(window, "", 1, true));
}

TEST_CASE("repetition: a digest's hashes survive JSON bit for bit") {
  recent_text t;
  for (std::size_t n = 0; n < 8; ++n) {
    t.shingles.assign(n, 0xFFFFFFFFu);
    for (std::size_t i = 0; i < n; ++i) t.shingles[i] -= static_cast<std::uint32_t>(i * 0x01234567u);
    t.text_hash = 0xFFFFFFFFFFFFFFFFull - n;
    const auto back = nlohmann::json(t).get<recent_text>();
    CHECK(back.shingles == t.shingles);
    CHECK(back.text_hash == t.text_hash);
  }
  auto j = nlohmann::json(t);
  j["words"] = "a*b";
  CHECK_THROWS_AS(j.get<recent_text>(), nlohmann::json::exception);
  j.erase("words");
  CHECK_THROWS_AS(j.get<recent_text>(), nlohmann::json::exception);
}
