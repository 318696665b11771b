// Grammar compiler and expander: JSON is read once; an expansion walks flat tables only.
#include "actors/generator/grammar.hpp"

#include "messages/ascii_case.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <numeric>

namespace longwave {

namespace {

failure unusable(std::string_view name, std::string why) {
  return {error_code::bad_pack, "cannot use grammar " + std::string(name), std::move(why),
          "correct the file; its format is packs/schema/grammar.schema.json"};
}

bool word_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '\'';
}

void capitalise_at(std::string& text, std::size_t at) noexcept {
  if (at < text.size() && text[at] >= 'a' && text[at] <= 'z') text[at] = static_cast<char>(text[at] - 'a' + 'A');
}

/// Whole words, any case. Beyond ASCII there are no word limits to look at (Korean joins particles to words).
bool contains_phrase(std::string_view text, std::string_view phrase) noexcept {
  if (phrase.empty() || phrase.size() > text.size()) return false;
  for (std::size_t i = 0; i + phrase.size() <= text.size(); ++i) {
    std::size_t n = 0;
    while (n < phrase.size() && ascii_lower(text[i + n]) == ascii_lower(phrase[n])) ++n;
    if (n < phrase.size()) continue;
    const bool starts = i == 0 || !word_character(text[i - 1]) || !word_character(phrase.front());
    const std::size_t end = i + n;
    const bool ends = end == text.size() || !word_character(text[end]) || !word_character(phrase.back());
    if (starts && ends) return true;
  }
  return false;
}

/// The word that a text begins with; empty when it begins with something else.
std::string_view first_word(std::string_view text) noexcept {
  return text.substr(0, static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), word_character) - text.begin()));
}

} // namespace

void fact_table::set(std::string_view name, std::string value) {
  for (auto& [key, old] : entries_) {
    if (key == name) {
      old = std::move(value);
      return;
    }
  }
  entries_.emplace_back(std::string(name), std::move(value));
}

const std::string* fact_table::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : entries_)
    if (key == name) return &value;
  return nullptr;
}

/// Fills a grammar from its source. Every step returns what is wrong as a sentence; empty means well.
class grammar_compiler {
public:
  grammar_compiler(grammar& g, std::string_view name) : g_(g) { g_.name_ = name; }

  std::string run(const nlohmann::json& source) {
    if (!source.is_object()) return "the file is not an object";
    const auto format = source.find("format");
    if (format == source.end() || *format != 1) return "\"format\" is not 1";
    const auto rules = source.find("rules");
    if (rules == source.end() || !rules->is_object()) return "\"rules\" is not an object";
    // All symbols first: texts refer forwards as well as backwards.
    for (const auto& item : rules->items()) {
      g_.symbols_.emplace(item.key(), static_cast<std::uint32_t>(g_.rules_.size()));
      grammar::rule r;
      r.name = item.key();
      g_.rules_.push_back(std::move(r));
    }
    for (const auto& item : rules->items())
      if (auto why = add_rule(item.key(), item.value()); !why.empty()) return "rule " + item.key() + ": " + why;
    return add_bags(source);
  }

private:
  std::string add_rule(const std::string& symbol, const nlohmann::json& alternatives) {
    if (!alternatives.is_array() || alternatives.empty()) return "has no list of alternatives";
    auto& r = g_.rules_[g_.symbols_.find(symbol)->second];
    r.first = static_cast<std::uint32_t>(g_.alternatives_.size());
    r.count = static_cast<std::uint32_t>(alternatives.size());
    for (const auto& source : alternatives) {
      grammar::alternative a;
      a.first_condition = static_cast<std::uint32_t>(g_.alternative_conditions_.size());
      a.first_piece = static_cast<std::uint32_t>(g_.pieces_.size());
      if (auto why = add_alternative(source, a); !why.empty()) return why;
      a.piece_count = static_cast<std::uint32_t>(g_.pieces_.size()) - a.first_piece;
      a.condition_count = static_cast<std::uint32_t>(g_.alternative_conditions_.size()) - a.first_condition;
      r.plain = r.plain && a.weight == 1 && a.condition_count == 0;
      g_.alternatives_.push_back(a);
    }
    return {};
  }

  std::string add_alternative(const nlohmann::json& source, grammar::alternative& a) {
    if (source.is_string()) return add_text(source.get_ref<const std::string&>());
    if (!source.is_object()) return "an alternative is neither a string nor an object";
    const auto text = source.find("text");
    if (text == source.end() || !text->is_string()) return "an alternative has no \"text\"";
    for (const auto& item : source.items())
      if (item.key() != "text" && item.key() != "when" && item.key() != "weight") return "unknown key " + item.key();
    if (const auto weight = source.find("weight"); weight != source.end()) {
      if (!weight->is_number_integer() || *weight < 1 || *weight > 1'000) return "a weight is not 1 to 1000";
      a.weight = weight->get<std::uint32_t>();
    }
    if (const auto when = source.find("when"); when != source.end()) {
      if (!when->is_object()) return "\"when\" is not an object";
      for (const auto& item : when->items())
        if (auto why = add_condition(item.key(), item.value()); !why.empty()) return why;
    }
    return add_text(text->get_ref<const std::string&>());
  }

  std::string add_condition(const std::string& name, const nlohmann::json& wanted) {
    grammar::condition c;
    c.fact = fact_id(name);
    if (wanted.is_boolean()) {
      c.kind = wanted.get<bool>() ? grammar::condition_kind::present : grammar::condition_kind::absent;
    } else if (wanted.is_string()) {
      c.kind = grammar::condition_kind::one_of;
      c.values.push_back(wanted.get<std::string>());
    } else if (wanted.is_array() && !wanted.empty()) {
      c.kind = grammar::condition_kind::one_of;
      for (const auto& value : wanted) {
        if (!value.is_string()) return "condition on " + name + " lists something that is not a string";
        c.values.push_back(value.get<std::string>());
      }
    } else {
      return "condition on " + name + " is neither true, false, a string nor a list";
    }
    require(std::move(c));
    return {};
  }

  /// Conditions are shared: many alternatives ask the same, an expansion answers once.
  void require(grammar::condition c) {
    const auto found = std::find(g_.conditions_.begin(), g_.conditions_.end(), c);
    g_.alternative_conditions_.push_back(static_cast<std::uint32_t>(found - g_.conditions_.begin()));
    if (found == g_.conditions_.end()) g_.conditions_.push_back(std::move(c));
  }

  std::string add_text(const std::string& text) {
    std::string literal;
    for (std::size_t i = 0; i < text.size();) {
      const char c = text[i];
      if ((c == '#' || c == '{') && i + 1 < text.size() && text[i + 1] == c) {
        literal += c;
        i += 2;
      } else if (c == '#' || c == '{') {
        flush(literal);
        const auto end = text.find(c == '#' ? '#' : '}', i + 1);
        if (end == std::string::npos) return std::string("an opening ") + c + " is never closed in: " + text;
        if (auto why = add_reference(c == '#', text.substr(i + 1, end - i - 1)); !why.empty()) return why;
        i = end + 1;
      } else {
        literal += c;
        ++i;
      }
    }
    flush(literal);
    return {};
  }

  std::string add_reference(bool symbol, std::string name) {
    grammar::piece p;
    if (name.size() > 4 && name.ends_with(".cap")) {
      p.capitalised = true;
      name.resize(name.size() - 4);
    }
    if (name.empty()) return "an empty name between marks";
    if (symbol) {
      const auto found = g_.symbols_.find(name);
      if (found == g_.symbols_.end()) return "unknown symbol " + name;
      p.kind = grammar::piece_kind::symbol;
      p.index = found->second;
    } else {
      p.kind = grammar::piece_kind::fact;
      p.index = fact_id(name);
      grammar::condition c;
      c.fact = p.index;
      require(std::move(c));
    }
    g_.pieces_.push_back(p);
    return {};
  }

  void flush(std::string& literal) {
    if (literal.empty()) return;
    grammar::piece p;
    p.index = static_cast<std::uint32_t>(g_.characters_.size());
    p.length = static_cast<std::uint32_t>(literal.size());
    g_.characters_ += literal;
    g_.pieces_.push_back(p);
    literal.clear();
  }

  std::string add_bags(const nlohmann::json& source) {
    const auto bags = source.find("bags");
    if (bags == source.end()) return {};
    if (!bags->is_array()) return "\"bags\" is not a list";
    for (const auto& bag : *bags) {
      if (!bag.is_string()) return "\"bags\" lists something that is not a string";
      const auto found = g_.symbols_.find(bag.get_ref<const std::string&>());
      if (found == g_.symbols_.end()) return "bag of unknown symbol " + bag.get<std::string>();
      g_.rules_[found->second].bag = true;
    }
    return {};
  }

  std::uint32_t fact_id(const std::string& name) {
    const auto [found, added] = g_.fact_ids_.emplace(name, static_cast<std::uint32_t>(g_.facts_.size()));
    if (added) g_.facts_.push_back(name);
    return found->second;
  }

  grammar& g_;
};

result<grammar> grammar::compile(const nlohmann::json& source, std::string_view name) {
  grammar g;
  if (auto why = grammar_compiler(g, name).run(source); !why.empty()) return unusable(name, std::move(why));
  g.rule_of_.resize(g.alternatives_.size());
  g.users_.resize(g.rules_.size());
  for (std::uint32_t r = 0; r < g.rules_.size(); ++r)
    for (std::uint32_t a = g.rules_[r].first; a < g.rules_[r].first + g.rules_[r].count; ++a) {
      g.rule_of_[a] = r;
      for (std::uint32_t i = 0; i < g.alternatives_[a].piece_count; ++i)
        if (const auto& p = g.pieces_[g.alternatives_[a].first_piece + i]; p.kind == piece_kind::symbol)
          g.users_[p.index].push_back(a);
    }
  return g;
}

result<void> check_grammar(const grammar& g, std::span<const std::string> entry_points) {
  for (const auto& symbol : entry_points)
    if (!g.has(symbol)) return unusable(g.name_, "symbol " + symbol + " is missing");

  // depth[r] = longest chain of rules that starts at r. Passing max_depth rounds means a cycle or too deep a chain.
  std::vector<int> depth(g.rules_.size(), 1);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t r = 0; r < g.rules_.size(); ++r) {
      for (std::uint32_t a = g.rules_[r].first; a < g.rules_[r].first + g.rules_[r].count; ++a) {
        const auto& alternative = g.alternatives_[a];
        for (std::uint32_t i = 0; i < alternative.piece_count; ++i) {
          const auto& p = g.pieces_[alternative.first_piece + i];
          if (p.kind != grammar::piece_kind::symbol || depth[p.index] + 1 <= depth[r]) continue;
          depth[r] = depth[p.index] + 1;
          changed = true;
        }
      }
      if (depth[r] > grammar::max_depth)
        return unusable(g.name_, "rule " + g.rules_[r].name + " nests, or can nest, deeper than " +
                                   std::to_string(grammar::max_depth) + " rules");
    }
  }
  return ok();
}

result<void> check_grammar(const nlohmann::json& source, std::string_view name,
                           std::span<const std::string> entry_points) {
  auto compiled = grammar::compile(source, name);
  if (!compiled) return compiled.error();
  return check_grammar(compiled.value(), entry_points);
}

std::vector<std::string> broadcast_entry_points() {
  constexpr std::array types{"emergency_weather", "time_check", "weather", "news", "story", "gossip", "music_intro"};
  std::vector<std::string> symbols;
  for (const char* type : types)
    for (const char* structure : {".a", ".b", ".c", ".d"}) symbols.push_back(std::string("script.") + type + structure);
  return symbols;
}

std::vector<std::string> story_entry_points() {
  return {"title", "story.open", "story.act1", "story.act2", "story.act3", "story.close", "paragraph"};
}

namespace {

/// The first try draws as it always did; others draw something else.
std::string purpose_of(const expansion_key& key) {
  return key.variant == 0 ? std::string("grammar") : "grammar/" + std::to_string(key.variant);
}

} // namespace

expander::expander(const grammar& g, const fact_table& facts, expansion_key key, std::span<const std::string> avoid)
  : grammar_(g), key_(key), stream_(key.seed, key.seq, key.rejected, purpose_of(key)), values_(g.facts_.size(), nullptr),
    holds_(g.conditions_.size(), 0), used_(g.alternatives_.size(), 0) {
  for (const auto& [name, value] : facts.entries()) {
    const auto found = g.fact_ids_.find(std::string_view(name));
    if (found != g.fact_ids_.end() && !value.empty()) values_[found->second] = &value;
  }
  for (std::size_t i = 0; i < holds_.size(); ++i) {
    const auto& c = g.conditions_[i];
    const std::string* value = values_[c.fact];
    switch (c.kind) {
      case grammar::condition_kind::present: holds_[i] = value != nullptr; break;
      case grammar::condition_kind::absent: holds_[i] = value == nullptr; break;
      case grammar::condition_kind::one_of:
        holds_[i] = value != nullptr && std::find(c.values.begin(), c.values.end(), *value) != c.values.end();
        break;
    }
  }
  if (!avoid.empty()) mark_avoided(avoid);
}

bool expander::mentions(const grammar::alternative& a, std::span<const std::string> avoid) const {
  for (std::uint32_t i = 0; i < a.piece_count; ++i) {
    const auto& p = grammar_.pieces_[a.first_piece + i];
    std::string_view text;
    if (p.kind == grammar::piece_kind::text) text = std::string_view(grammar_.characters_).substr(p.index, p.length);
    if (p.kind == grammar::piece_kind::fact && values_[p.index] != nullptr) text = *values_[p.index];
    for (const auto& phrase : avoid)
      if (contains_phrase(text, phrase)) return true;
  }
  return false;
}

void expander::mark_avoided(std::span<const std::string> avoid) {
  avoided_.assign(grammar_.alternatives_.size(), 0);
  for (std::size_t i = 0; i < avoided_.size(); ++i) avoided_[i] = mentions(grammar_.alternatives_[i], avoid);
  // An alternative is as bad as a rule that it cannot do without; repeat until nothing changes.
  std::vector<char> rule_avoided(grammar_.rules_.size(), 0);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t r = 0; r < rule_avoided.size(); ++r) {
      const auto& rule = grammar_.rules_[r];
      bool open = false;
      bool fitting = false;
      for (std::uint32_t a = rule.first; a < rule.first + rule.count; ++a) {
        const auto& alternative = grammar_.alternatives_[a];
        for (std::uint32_t i = 0; i < alternative.piece_count && !avoided_[a]; ++i) {
          const auto& p = grammar_.pieces_[alternative.first_piece + i];
          if (p.kind == grammar::piece_kind::symbol && rule_avoided[p.index]) avoided_[a] = changed = true;
        }
        if (!fits(a)) continue;
        fitting = true;
        open = open || !avoided_[a];
      }
      if (fitting && !open && !rule_avoided[r]) rule_avoided[r] = changed = true;
    }
  }
}

std::vector<std::vector<std::uint32_t>> grammar::alternatives_with(std::span<const std::string> phrases) const {
  // A match begins where a word begins, so a phrase is only compared where its first word stands.
  std::unordered_map<std::string, std::vector<std::size_t>, text_hash, std::equal_to<>> by_first_word;
  std::vector<std::size_t> anywhere; // begin with something that is no word
  std::vector<std::string> lowered;
  for (std::size_t i = 0; i < phrases.size(); ++i) {
    lowered.push_back(ascii_lower(phrases[i]));
    const auto word = first_word(lowered.back());
    if (word.empty())
      anywhere.push_back(i);
    else
      by_first_word[std::string(word)].push_back(i);
  }
  std::vector<std::vector<std::uint32_t>> found(phrases.size());
  const std::string characters = ascii_lower(characters_);
  for (std::uint32_t a = 0; a < alternatives_.size(); ++a) {
    const auto take = [&](std::size_t i, std::string_view text) {
      auto& places = found[i];
      if ((places.empty() || places.back() != a) && contains_phrase(text, lowered[i])) places.push_back(a);
    };
    for (std::uint32_t n = 0; n < alternatives_[a].piece_count; ++n) {
      const auto& p = pieces_[alternatives_[a].first_piece + n];
      if (p.kind != piece_kind::text) continue;
      const auto text = std::string_view(characters).substr(p.index, p.length);
      for (const auto i : anywhere) take(i, text);
      for (std::size_t at = 0; at < text.size();) {
        const auto word = first_word(text.substr(at));
        if (const auto names = by_first_word.find(word); !word.empty() && names != by_first_word.end())
          for (const auto i : names->second) take(i, text);
        at += std::max<std::size_t>(word.size(), 1);
      }
    }
  }
  return found;
}

bool expander::all_avoided(std::uint32_t rule_id) const noexcept {
  const auto& rule = grammar_.rules_[rule_id];
  bool fitting = false;
  for (std::uint32_t a = rule.first; a < rule.first + rule.count; ++a) {
    if (!fits(a)) continue;
    if (!avoided_[a]) return false;
    fitting = true;
  }
  return fitting;
}

void expander::shun(std::span<const std::uint32_t> alternatives) {
  if (avoided_.empty()) avoided_.assign(grammar_.alternatives_.size(), 0);
  std::vector<std::uint32_t> open;
  for (const auto a : alternatives) {
    if (!avoided_[a]) open.push_back(a);
    avoided_[a] = 1;
  }
  // What has no way around a rule without a free alternative is avoided as well.
  while (!open.empty()) {
    const auto rule = grammar_.rule_of_[open.back()];
    open.pop_back();
    if (grammar_.users_[rule].empty() || !all_avoided(rule)) continue;
    for (const auto user : grammar_.users_[rule]) {
      if (!avoided_[user]) open.push_back(user);
      avoided_[user] = 1;
    }
  }
}

bool expander::fits(std::uint32_t alternative) const noexcept {
  const auto& a = grammar_.alternatives_[alternative];
  for (std::uint32_t i = 0; i < a.condition_count; ++i)
    if (!holds_[grammar_.alternative_conditions_[a.first_condition + i]]) return false;
  return true;
}

void expander::collect(const grammar::rule& r) {
  // From strict to lax: a text that repeats an alternative is better than one with an avoided word, and that is
  // better than none.
  for (int laxity = 0; laxity < 3; ++laxity) {
    fitting_.clear();
    for (std::uint32_t a = r.first; a < r.first + r.count; ++a) {
      if (laxity < 1 && used_[a]) continue;
      if (laxity < 2 && !avoided_.empty() && avoided_[a]) continue;
      if (grammar_.alternatives_[a].condition_count == 0 || fits(a)) fitting_.push_back(a);
    }
    if (!fitting_.empty()) return;
  }
}

std::int64_t expander::pick(const grammar::rule& r) {
  if (r.bag) return pick_from_bag(r);
  if (r.plain) {
    const auto a = r.first + static_cast<std::uint32_t>(stream_.below(r.count));
    if (!used_[a] && (avoided_.empty() || !avoided_[a])) return a;
  }
  collect(r);
  if (fitting_.empty()) return -1;
  std::uint64_t total = 0;
  for (const auto a : fitting_) total += grammar_.alternatives_[a].weight;
  auto at = stream_.below(total);
  for (const auto a : fitting_) {
    if (at < grammar_.alternatives_[a].weight) return a;
    at -= grammar_.alternatives_[a].weight;
  }
  return fitting_.back();
}

void expander::permute(const grammar::rule& r, std::uint32_t count) {
  // Fisher-Yates from the end: after `steps` steps the last `steps` places are final.
  const auto shuffle = [&](std::vector<std::uint32_t>& order, std::uint64_t cycle, std::uint32_t steps) {
    order.resize(count);
    std::iota(order.begin(), order.end(), 0u);
    random_stream stream(key_.seed, cycle, 0, r.name);
    for (std::uint32_t i = count; i > 1 && i > count - steps; --i) std::swap(order[i - 1], order[stream.below(i)]);
  };
  const std::uint64_t cycle = key_.seq / count;
  shuffle(order_, cycle, count);
  const std::uint32_t seam = count / 3;
  if (cycle == 0 || seam == 0) return;
  // What ended the previous permutation moves back behind the rest, but never into this one's own tail: so a tail
  // is always the plain shuffle's, and the previous one's can be known without the permutation before it.
  shuffle(previous_, cycle - 1, seam);
  ended_before_.assign(count, 0);
  for (std::uint32_t i = count - seam; i < count; ++i) ended_before_[previous_[i]] = 1;
  moved_.clear();
  std::size_t write = 0;
  for (std::uint32_t i = 0; i < count - seam; ++i) {
    if (ended_before_[order_[i]]) moved_.push_back(order_[i]);
    else order_[write++] = order_[i];
  }
  std::copy(moved_.begin(), moved_.end(), order_.begin() + static_cast<std::ptrdiff_t>(write));
}

std::int64_t expander::pick_from_bag(const grammar::rule& r) {
  fitting_.clear();
  std::uint32_t used_here = 0;
  for (std::uint32_t a = r.first; a < r.first + r.count; ++a) {
    if (grammar_.alternatives_[a].condition_count != 0 && !fits(a)) continue;
    fitting_.push_back(a);
    used_here += used_[a] ? 1 : 0;
  }
  if (fitting_.empty()) return -1;
  const auto count = static_cast<std::uint32_t>(fitting_.size());
  permute(r, count);
  // Half a round for a rejected draft, a third for another use in one text: far from what the neighbours get.
  const std::uint64_t start = key_.seq % count + key_.rejected * (count / 2) + key_.variant * (count / 5 + 1) + used_here * (count / 3 + 1ull);
  for (int laxity = 0; laxity < 3; ++laxity) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto a = fitting_[order_[(start + i) % count]];
      if (laxity < 1 && used_[a]) continue;
      if (laxity < 2 && !avoided_.empty() && avoided_[a]) continue;
      return a;
    }
  }
  return -1;
}

result<void> expander::expand(std::uint32_t rule_id, int depth, std::string& out) {
  const auto& r = grammar_.rules_[rule_id];
  if (depth > grammar::max_depth) return unusable(grammar_.name_, "rule " + r.name + " nests too deep");
  const auto chosen = pick(r);
  if (chosen < 0) return unusable(grammar_.name_, "no alternative of rule " + r.name + " fits");
  used_[static_cast<std::size_t>(chosen)] = 1;
  const auto& a = grammar_.alternatives_[static_cast<std::size_t>(chosen)];
  for (std::uint32_t i = 0; i < a.piece_count; ++i) {
    const auto& p = grammar_.pieces_[a.first_piece + i];
    const auto at = out.size();
    switch (p.kind) {
      case grammar::piece_kind::text: out.append(grammar_.characters_, p.index, p.length); break;
      case grammar::piece_kind::fact: out += *values_[p.index]; break;
      case grammar::piece_kind::symbol:
        if (auto done = expand(p.index, depth + 1, out); !done) return done;
        break;
    }
    if (p.capitalised) capitalise_at(out, at);
  }
  return ok();
}

result<void> expander::append(std::string_view symbol, std::string& out) {
  const auto found = grammar_.symbols_.find(symbol);
  if (found == grammar_.symbols_.end())
    return unusable(grammar_.name_, "unknown symbol " + std::string(symbol));
  return expand(found->second, 1, out);
}

} // namespace longwave
