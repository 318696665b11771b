// Which story that was told to its end a beat may refer back to (domain 10, "Weaving").
#pragma once

#include "messages/story.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

struct callback_rules {
  /// domain 10: a beat that shares names with an archived story refers to it with probability .25.
  double chance = 0.25;
  /// Broadcast days before the same story is referred to again (domain 9: a quest reference rests seven days).
  int rest_days = 7;
  /// Segments of the show between two callbacks. Own choice: a quarter of a broadcast day at one segment an hour.
  std::uint64_t spacing = 4;
  /// Words of the outcome as it is told; whole sentences, one at least. Own choice: the beat itself matters more.
  std::size_t outcome_words = 30;
};

/// A story that was told to its end.
struct past_story {
  const story_record* story = nullptr;
  /// Its airing's id.
  std::string id;
  int ended_day = 0;
  std::uint64_t ended = 0;
};

/// How close a past story is to a beat: the author's own link first, then what kind of name both have.
enum class callback_tie { linked, character, place, entity, faction };

/// A past story that a beat can refer to.
struct callback_link {
  callback_tie tie = callback_tie::faction;
  /// The name that both have.
  std::string entity;
};

/// Names by which one story is compared with another: characters, locations, its acts' entities, factions; lower case,
/// without the home region. Made once a story.
class story_names {
public:
  explicit story_names(const story_record& story);

  /// The closest tie between a story being told and a past one; false when they have nothing in common. Ids and titles
  /// are of the past story.
  bool tie_to(const story_record& past, const story_names& names_of_past, callback_link& out) const;

private:
  struct entry {
    std::string folded;
    std::string name;
    callback_tie tie;
  };
  /// Ascending by `folded`, each once with its closest tie.
  std::vector<entry> names_;
  /// The author's own links.
  std::vector<std::string> links_;
};

/// The first sentences of an act's summary, at most `words` but one sentence at least.
std::string told_outcome(std::string_view summary, std::size_t words = callback_rules{}.outcome_words);

/// What the beat says of the past story. @param day the broadcast day of the beat
story_callback make_callback(const past_story& past, const callback_link& link, int day);

} // namespace longwave
