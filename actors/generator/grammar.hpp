// Text from a grammar: rules compiled once into flat tables, then expanded deterministically in a few microseconds.
//
// Source format (one JSON object a language, see packs/schema/grammar.schema.json):
//
//   {"format": 1,
//    "rules": {"<symbol>": ["text", {"text": "...", "when": {"<fact>": "value" | ["v1", "v2"] | true | false},
//                                    "weight": 2}]},
//    "bags": ["<symbol>"]}
//
// In a text `#symbol#` expands a rule and `{fact}` inserts a fact; `#symbol.cap#` and `{fact.cap}` do so with the first
// letter capitalised; `##` and `{{` stand for `#` and `{`. In `when`, `true` asks that a fact is there and not empty,
// `false` that it is absent or empty. An alternative that inserts an absent or empty fact does not fit: a hole in a
// sentence is never aired.
#pragma once

#include "messages/error.hpp"
#include "messages/random.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace longwave {

/// What a grammar may ask about and insert: a small flat map in order of insertion.
class fact_table {
public:
  using entry = std::pair<std::string, std::string>;

  /// Adds a fact or replaces its value.
  void set(std::string_view name, std::string value);

  /// @return the value, or null when the fact is absent.
  const std::string* find(std::string_view name) const noexcept;

  void reserve(std::size_t count) { entries_.reserve(count); }

  const std::vector<entry>& entries() const noexcept { return entries_; }

private:
  std::vector<entry> entries_;
};

/// All that decides a choice besides grammar and facts (contract 8.20).
struct expansion_key {
  std::uint64_t seed = 0;
  /// Segment, 1-based.
  std::uint64_t seq = 0;
  /// Drafts of the segment that were rejected so far.
  std::uint64_t rejected = 0;
  /// Other tries of the same draft, which nobody judged.
  std::uint64_t variant = 0;
};

/// A compiled grammar. Immutable; may be shared by all threads.
class grammar {
public:
  /// Rules may nest this deep; `check_grammar` and every expansion hold to it.
  static constexpr int max_depth = 40;

  /// Reads and compiles a grammar.
  /// @param name  stands in messages, "grammar/en.json"
  /// @return `bad_pack` for a wrong shape, an unknown symbol or an empty rule.
  static result<grammar> compile(const nlohmann::json& source, std::string_view name);

  bool has(std::string_view symbol) const noexcept { return symbols_.find(symbol) != symbols_.end(); }

  /// Names of all facts that conditions or texts mention, in order of first mention.
  const std::vector<std::string>& facts() const noexcept { return facts_; }

  const std::string& name() const noexcept { return name_; }

  /// For each phrase the places of the alternatives whose own words contain it (whole words, any case), ascending. Reads
  /// the whole grammar once, however many phrases there are: ask once and keep the answer.
  std::vector<std::vector<std::uint32_t>> alternatives_with(std::span<const std::string> phrases) const;

private:
  friend class expander;
  friend class grammar_compiler;
  friend result<void> check_grammar(const grammar& g, std::span<const std::string> entry_points);

  enum class piece_kind : std::uint8_t { text, symbol, fact };

  /// `index` is a rule, a fact, or an offset into `characters_`; `length` counts for texts only.
  struct piece {
    piece_kind kind = piece_kind::text;
    bool capitalised = false;
    std::uint32_t index = 0;
    std::uint32_t length = 0;
  };

  struct alternative {
    std::uint32_t first_piece = 0;
    std::uint32_t piece_count = 0;
    /// Range in `alternative_conditions_`.
    std::uint32_t first_condition = 0;
    std::uint32_t condition_count = 0;
    std::uint32_t weight = 1;
  };

  struct rule {
    std::string name;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    bool bag = false;
    /// All alternatives have weight 1 and no condition: the common case is picked without looking at all of them.
    bool plain = true;
  };

  enum class condition_kind : std::uint8_t { present, absent, one_of };

  struct condition {
    condition_kind kind = condition_kind::present;
    std::uint32_t fact = 0;
    std::vector<std::string> values;
    bool operator==(const condition&) const = default;
  };

  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };
  using name_index = std::unordered_map<std::string, std::uint32_t, text_hash, std::equal_to<>>;

  std::string name_;
  std::string characters_;
  std::vector<piece> pieces_;
  std::vector<alternative> alternatives_;
  std::vector<std::uint32_t> alternative_conditions_;
  std::vector<rule> rules_;
  std::vector<condition> conditions_;
  std::vector<std::string> facts_;
  name_index symbols_;
  name_index fact_ids_;
  /// By alternative: its rule. By rule: the alternatives that expand it.
  std::vector<std::uint32_t> rule_of_;
  std::vector<std::vector<std::uint32_t>> users_;
};

/// Looks for what would only fail in the middle of a run.
/// @param entry_points  symbols that must be defined
/// @return `bad_pack` for a missing entry point or for rules that nest (or can nest) deeper than `grammar::max_depth`.
result<void> check_grammar(const grammar& g, std::span<const std::string> entry_points);

/// The same on the source: compiles, then checks.
result<void> check_grammar(const nlohmann::json& source, std::string_view name,
                           std::span<const std::string> entry_points);

/// `script.<type>.<structure>` for all types and structures a to d.
std::vector<std::string> broadcast_entry_points();

/// title, story.open, story.act1, story.act2, story.act3, story.close, paragraph.
std::vector<std::string> story_entry_points();

/// Expands rules for one text. Within its life an alternative is not used twice while others fit. Not for sharing
/// between threads; grammar and facts must outlive it.
///
/// Choices of an ordinary rule are drawn by weight. A rule listed in `bags` goes through a permutation of its N
/// fitting alternatives that is keyed by (seed, symbol, seq / N): an alternative does not return within N segments,
/// nor within N / 3 across the seam of two permutations. Weights do not count there; rejected drafts shift the place.
class expander {
public:
  /// @param avoid  words or phrases; alternatives that contain one (whole words, any case), or that can only be
  ///               completed by such, are not chosen while others fit
  expander(const grammar& g, const fact_table& facts, expansion_key key, std::span<const std::string> avoid = {});

  /// Alternatives that are not chosen either while others fit, with those that can only be completed by such. Costs a
  /// mark each. Before the first `append`.
  void shun(std::span<const std::uint32_t> alternatives);

  /// Appends an expansion of the rule to `out`.
  /// @return `bad_pack` for an unknown symbol, too deep nesting, or when no alternative fits; `out` is then unsound.
  result<void> append(std::string_view symbol, std::string& out);

private:
  result<void> expand(std::uint32_t rule_id, int depth, std::string& out);
  /// The chosen alternative, or -1 when none fits.
  std::int64_t pick(const grammar::rule& r);
  bool fits(std::uint32_t alternative) const noexcept;
  /// Fills `fitting_` with what may be chosen: unused if possible, unavoided if possible.
  void collect(const grammar::rule& r);
  std::int64_t pick_from_bag(const grammar::rule& r);
  /// Fills `order_` with the permutation of `count` places that holds in this segment.
  void permute(const grammar::rule& r, std::uint32_t count);
  void mark_avoided(std::span<const std::string> avoid);
  bool mentions(const grammar::alternative& a, std::span<const std::string> avoid) const;
  /// True when alternatives fit and none of them is free.
  bool all_avoided(std::uint32_t rule_id) const noexcept;

  const grammar& grammar_;
  expansion_key key_;
  random_stream stream_;
  /// By fact id; null when absent or empty.
  std::vector<const std::string*> values_;
  /// By condition id.
  std::vector<char> holds_;
  /// By alternative. `avoided_` is empty when nothing is avoided.
  std::vector<char> used_;
  std::vector<char> avoided_;
  // Scratch space, kept to spare allocations.
  std::vector<std::uint32_t> fitting_;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint32_t> previous_;
  std::vector<std::uint32_t> moved_;
  std::vector<char> ended_before_;
};

} // namespace longwave
