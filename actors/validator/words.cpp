// Tokenising and phrase search; one pass over the bytes, one table look-up a word.
#include "actors/validator/words.hpp"

#include <algorithm>
#include <array>

namespace longwave {

namespace {

constexpr std::uint32_t fnv32_offset = 2166136261u;
constexpr std::uint32_t fnv32_prime = 16777619u;
constexpr std::uint64_t fnv64_offset = 14695981039346656037ull;
constexpr std::uint64_t fnv64_prime = 1099511628211ull;
constexpr char32_t bad_code_point = 0xFFFD;
/// Longest word that is kept whole; longer runs of letters are no words of any language.
constexpr std::size_t max_word_bytes = 1024;

std::uint32_t hash_word(std::string_view s) noexcept {
  std::uint32_t h = fnv32_offset;
  for (unsigned char c : s) h = (h ^ c) * fnv32_prime;
  return h == 0 ? 1 : h;
}

/// FNV's low bits are weak; the tables take the mixed ones.
std::uint32_t spread(std::uint32_t h) noexcept { return (h * 2654435769u) >> 8; }

/// Twelve mixed bits for the filter, apart from those that choose the slot.
std::size_t filter_index(std::uint32_t h) noexcept { return (h * 2246822519u) >> 20; }

std::uint32_t table_size(std::size_t entries) noexcept {
  std::uint32_t size = 16;
  while (size < entries * 2) size *= 2;
  return size;
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_ascii_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Most scripts are ASCII for most of their bytes: a table spares them the decoder.
enum class byte_kind : std::uint8_t { other, word, apostrophe, beyond_ascii };

constexpr auto byte_kinds = [] {
  std::array<byte_kind, 256> t{};
  for (unsigned c = 0; c < t.size(); ++c) {
    if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z')) t[c] = byte_kind::word;
    if (c == '\'') t[c] = byte_kind::apostrophe;
    if (c >= 0x80) t[c] = byte_kind::beyond_ascii;
  }
  return t;
}();
constexpr auto ascii_fold = [] {
  std::array<unsigned char, 256> t{};
  for (unsigned c = 0; c < t.size(); ++c) t[c] = static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return t;
}();

byte_kind kind_of(char c) noexcept { return byte_kinds[static_cast<unsigned char>(c)]; }

bool is_apostrophe(char32_t c) noexcept { return c == U'\'' || c == 0x2019 || c == 0x02BC; }

/// Soft hyphen, zero-width characters, variation selectors: they do not part words.
bool is_invisible(char32_t c) noexcept {
  return c == 0xAD || (c >= 0x200B && c <= 0x200D) || c == 0x2060 || c == 0xFEFF || (c >= 0xFE00 && c <= 0xFE0F);
}

bool is_word_character(char32_t c) noexcept {
  if (c < 0x80) return is_digit(static_cast<char>(c)) || is_ascii_letter(static_cast<char>(c));
  if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA;
  if (c == 0xD7 || c == 0xF7 || c == bad_code_point) return false;
  if (c >= 0x2000 && c <= 0x2BFF) return false;  // punctuation, currency, arrows, mathematics, symbols
  if (c >= 0x3000 && c <= 0x303F) return false;  // CJK punctuation
  if (c >= 0xE000 && c <= 0xF8FF) return false;  // private use
  if (c >= 0xFE10 && c <= 0xFE6F) return false;  // presentation forms of punctuation
  if (c >= 0xFF00 && c <= 0xFF0F) return false;  // full-width punctuation
  if (c >= 0xFF1A && c <= 0xFF20) return false;
  return c < 0x1F000;  // pictographs lie above
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

/// Bytes of an ending that does not belong to a name: "NCR's", "the Institute'll".
std::uint8_t ending_size(std::string_view folded, bool capital) noexcept {
  if (folded.size() > 2 && folded.ends_with("'s")) return 2;
  if (!capital) return 0;
  if (folded.size() > 4 && folded.ends_with("'d")) return 2;
  for (std::string_view ending : {"'ll", "'ve", "'re"})
    if (folded.size() > 5 && folded.ends_with(ending)) return 3;
  return 0;
}

/// A gap that is nothing but one hyphen (or a dash of the same use).
bool is_hyphen(std::string_view gap) noexcept {
  if (gap.size() == 1) return gap[0] == '-';
  if (gap.size() != 3) return false;
  return gap == "\u2010" || gap == "\u2011" || gap == "\u2013";
}

/// A point after these ends no sentence: "Mr. House".
bool is_abbreviation(std::string_view raw) noexcept {
  static constexpr auto abbreviations = std::to_array<std::string_view>(
    {"Mr", "Mrs", "Ms", "Dr", "St", "Sgt", "Lt", "Col", "Gen", "Capt", "Prof", "Rev", "Mt", "Ft", "vs"});
  return raw.size() == 1 || std::find(abbreviations.begin(), abbreviations.end(), raw) != abbreviations.end();
}

/// True when words on both sides of the gap may belong to one name: "Mr. House" yes, "... new. Vegas ..." no.
bool gap_joins(std::string_view gap, std::string_view word_before) noexcept {
  int newlines = 0;
  for (char c : gap) {
    if (c == '!' || c == '?' || c == ';' || c == ':') return false;
    if (c == '.' && !is_abbreviation(word_before)) return false;
    if (c == '\n' && ++newlines > 1) return false;
  }
  return true;
}

/// The regular plural; empty when the word looks like a plural already.
std::string plural_of(std::string_view form) {
  if (form.empty() || form.back() == 's' || is_digit(form.back())) return {};
  const auto vowel = [](char c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'; };
  std::string out(form);
  if (form.size() > 1 && form.back() == 'y' && !vowel(form[form.size() - 2])) {
    out.replace(out.size() - 1, 1, "ies");
  } else if (form.ends_with("x") || form.ends_with("z") || form.ends_with("ch") || form.ends_with("sh")) {
    out += "es";
  } else {
    out += 's';
  }
  return out;
}

} // namespace

char32_t next_code_point(std::string_view text, std::size_t& at) noexcept {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  int more = lead >= 0xF0 && lead < 0xF5 ? 3 : lead >= 0xE0 && lead < 0xF0 ? 2 : lead >= 0xC2 && lead < 0xE0 ? 1 : 0;
  if (more == 0 || at + static_cast<std::size_t>(more) > text.size()) return bad_code_point;
  char32_t c = lead & (0x3F >> more);
  for (int i = 0; i < more; ++i) {
    const auto b = static_cast<unsigned char>(text[at + static_cast<std::size_t>(i)]);
    if ((b & 0xC0) != 0x80) return bad_code_point;
    c = (c << 6) | (b & 0x3F);
  }
  const bool overlong = (more == 2 && c < 0x800) || (more == 3 && c < 0x10000);
  if (overlong || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return bad_code_point;
  at += static_cast<std::size_t>(more);
  return c;
}

char32_t fold_case(char32_t c) noexcept {
  if (c < 0x80) return c >= U'A' && c <= U'Z' ? c + 32 : c;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;
  if (c >= 0x100 && c <= 0x137 && c != 0x130) return c | 1;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c + (c & 1);
  if (c >= 0x14A && c <= 0x177) return c | 1;
  if (c == 0x178) return 0xFF;
  if (c >= 0x391 && c <= 0x3A9) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  return c;
}

bool has_capital(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (fold_case(c) != c) return true;
  }
  return false;
}

bool is_stop_word(std::string_view folded) noexcept {
  // Only words of more than three letters matter here: shorter ones are never scored (domain 6.4). Sorted.
  static constexpr auto stop_words = std::to_array<std::string_view>({
    "about",  "after",   "again", "also",  "another", "around", "away",  "back",  "because", "been",  "before",
    "being",  "between", "both",  "came",  "come",    "comes",  "could", "does",  "doing",   "done",  "down",
    "during", "each",    "else",  "even",  "ever",    "every",  "from",  "gets",  "goes",    "going", "have",
    "having", "here",    "hers",  "into",  "itself",  "just",   "made",  "make",  "makes",   "many",  "more",
    "most",   "much",    "must",  "never", "once",    "onto",   "other", "over",  "same",    "says",  "shall",
    "should", "since",   "some",  "still", "such",    "than",   "that",  "their", "them",    "then",  "there",
    "these",  "they",    "this",  "those", "through", "took",   "turn",  "turns", "under",   "until", "upon",
    "very",   "were",    "what",  "when",  "where",   "which",  "while", "whom",  "whose",   "will",  "with",
    "within", "without", "would", "your",
  });
  static_assert(std::is_sorted(stop_words.begin(), stop_words.end()));
  return std::binary_search(stop_words.begin(), stop_words.end(), folded);
}

word_list::word_list(std::string_view text) : text_(text.substr(0, 0xFFFFFFFF)), text_hash_(fnv64_offset) {
  words_.reserve(text_.size() / 5 + 8);
  folded_.resize(text_.size());
  std::size_t at = 0;
  while (at < text_.size()) {
    const std::size_t start = at;
    switch (kind_of(text_[at])) {
      case byte_kind::other:
      case byte_kind::apostrophe: ++at; continue;
      case byte_kind::word:
        at = read_ascii(start);
        if (at == start) at = read_any(start);
        continue;
      case byte_kind::beyond_ascii:
        if (is_word_character(next_code_point(text_, at))) at = read_any(start);
        continue;
    }
  }
}

std::size_t word_list::read_ascii(std::size_t start) {
  const char* const bytes = text_.data();
  const std::size_t size = text_.size();
  std::uint32_t hash = fnv32_offset;
  std::uint64_t text_hash = text_hash_;
  bool has_apostrophe = false;
  std::size_t at = start;
  for (; at < size; ++at) {
    const byte_kind kind = kind_of(bytes[at]);
    if (kind == byte_kind::other) break;
    if (kind == byte_kind::beyond_ascii) return start;
    if (kind == byte_kind::apostrophe) {
      const byte_kind next = at + 1 < size ? kind_of(bytes[at + 1]) : byte_kind::other;
      if (next == byte_kind::beyond_ascii) return start;
      if (next != byte_kind::word) break;
      has_apostrophe = true;
    }
    const unsigned char folded = ascii_fold[static_cast<unsigned char>(bytes[at])];
    folded_[at] = static_cast<char>(folded);
    hash = (hash ^ folded) * fnv32_prime;
    text_hash = (text_hash ^ folded) * fnv64_prime;
  }
  if (at - start >= max_word_bytes) return start;
  text_hash_ = (text_hash ^ ' ') * fnv64_prime;
  word w;
  w.begin = w.spelled_begin = w.folded_begin = static_cast<std::uint32_t>(start);
  w.end = static_cast<std::uint32_t>(at);
  w.spelled_size = w.folded_size = static_cast<std::uint16_t>(at - start);
  w.hash = hash == 0 ? 1 : hash;
  push(w, has_apostrophe);
  return at;
}

std::size_t word_list::read_any(std::size_t start) {
  word w;
  w.begin = static_cast<std::uint32_t>(start);
  w.apart = true;
  w.spelled_begin = static_cast<std::uint32_t>(apart_spelled_.size());
  w.folded_begin = static_cast<std::uint32_t>(apart_folded_.size());
  std::size_t at = start;
  std::size_t end = start;
  bool has_apostrophe = false;
  while (at < text_.size() && end - start < max_word_bytes) {
    if (kind_of(text_[at]) == byte_kind::word) {
      apart_spelled_ += text_[at];
      apart_folded_ += static_cast<char>(ascii_fold[static_cast<unsigned char>(text_[at])]);
      end = ++at;
      continue;
    }
    const char32_t c = next_code_point(text_, at);
    if (is_word_character(c)) {
      append_utf8(apart_spelled_, c);
      append_utf8(apart_folded_, fold_case(c));
    } else if (is_apostrophe(c)) {
      std::size_t peek = at;
      if (peek >= text_.size() || !is_word_character(next_code_point(text_, peek))) break;
      apart_spelled_ += '\'';
      apart_folded_ += '\'';
      has_apostrophe = true;
    } else if (!is_invisible(c)) {
      break;
    }
    end = at;
  }
  w.end = static_cast<std::uint32_t>(end);
  w.spelled_size = static_cast<std::uint16_t>(apart_spelled_.size() - w.spelled_begin);
  w.folded_size = static_cast<std::uint16_t>(apart_folded_.size() - w.folded_begin);
  const std::string_view whole(apart_folded_.data() + w.folded_begin, w.folded_size);
  w.hash = hash_word(whole);
  for (unsigned char c : whole) text_hash_ = (text_hash_ ^ c) * fnv64_prime;
  text_hash_ = (text_hash_ ^ ' ') * fnv64_prime;
  push(w, has_apostrophe);
  return end;
}

void word_list::push(word w, bool has_apostrophe) {
  const std::string_view whole = std::string_view(w.apart ? apart_folded_ : folded_).substr(w.folded_begin, w.folded_size);
  if (has_apostrophe) {
    const char first = w.apart ? apart_spelled_[w.spelled_begin] : text_[w.begin];
    w.suffix = ending_size(whole, first != whole.front());
    if (w.suffix > 0) w.hash = hash_word(whole.substr(0, whole.size() - w.suffix));
  }
  if (is_digit(whole.front())) {
    const std::string_view base = whole.substr(0, whole.size() - w.suffix);
    w.number = std::all_of(base.begin(), base.end(), is_digit);
  }
  if (!words_.empty()) {
    word& before = words_.back();
    if (is_hyphen(text_.substr(before.end, w.begin - before.end))) {
      w.continues = true;
      if (is_digit(text_[before.end - 1])) w.joined = true;
      if (is_digit(text_[w.begin])) before.joined = true;
    }
  }
  if (!w.continues) ++spoken_;
  words_.push_back(w);
}

std::string_view word_list::raw(std::size_t i) const noexcept {
  return text_.substr(words_[i].begin, words_[i].end - words_[i].begin);
}

std::string_view word_list::spelled(std::size_t i) const noexcept {
  const word& w = words_[i];
  const std::string_view bytes = w.apart ? std::string_view(apart_spelled_) : text_;
  return bytes.substr(w.spelled_begin, static_cast<std::size_t>(w.spelled_size - w.suffix));
}

std::string_view word_list::folded(std::size_t i) const noexcept {
  const word& w = words_[i];
  return folded_whole(i).substr(0, static_cast<std::size_t>(w.folded_size - w.suffix));
}

std::string_view word_list::folded_whole(std::size_t i) const noexcept {
  const word& w = words_[i];
  return std::string_view(w.apart ? apart_folded_ : folded_).substr(w.folded_begin, w.folded_size);
}

std::string_view word_list::gap(std::size_t i) const noexcept {
  if (i + 1 >= words_.size()) return {};
  return text_.substr(words_[i].end, words_[i + 1].begin - words_[i].end);
}

std::string_view word_list::span(std::size_t first, std::size_t count) const noexcept {
  return text_.substr(words_[first].begin, words_[first + count - 1].end - words_[first].begin);
}

std::string word_list::opening(std::size_t count) const {
  std::string out;
  std::size_t spoken = 0;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if (!words_[i].continues) {
      if (spoken++ == count) break;
      if (!out.empty()) out += ' ';
    }
    for (char c : folded_whole(i))
      if (c != '\'') out += c;
  }
  return out;
}

word_hash_set::word_hash_set(const word_list& words) {
  slots_.assign(table_size(words.size()), 0);
  mask_ = static_cast<std::uint32_t>(slots_.size() - 1);
  distinct_.reserve(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::uint32_t h = words[i].hash;
    std::uint32_t slot = spread(h) & mask_;
    while (slots_[slot] != 0 && slots_[slot] != h) slot = (slot + 1) & mask_;
    if (slots_[slot] == h) continue;
    slots_[slot] = h;
    filter_[filter_index(h)] = 1;
    distinct_.push_back(h);
  }
}

bool word_hash_set::may_miss_at_most(std::size_t misses, const std::vector<std::uint32_t>& hashes) const noexcept {
  // Blocks without a branch inside: guessing each word's fate would cost more than looking at a few too many.
  constexpr std::size_t block = 16;
  std::size_t missed = 0;
  for (std::size_t from = 0; from < hashes.size(); from += block) {
    const std::size_t to = std::min(from + block, hashes.size());
    for (std::size_t i = from; i < to; ++i) missed += 1u - filter_[filter_index(hashes[i])];
    if (missed > misses) return false;
  }
  return true;
}

bool word_hash_set::contains(std::uint32_t hash) const noexcept {
  std::uint32_t slot = spread(hash) & mask_;
  while (slots_[slot] != 0) {
    if (slots_[slot] == hash) return true;
    slot = (slot + 1) & mask_;
  }
  return false;
}

void phrase_set::add(phrase_kind kind, std::string_view name, phrase_options options) {
  add_form(kind, name, name, options);
  if (!options.with_plural) return;
  const std::string plural = plural_of(name);
  if (!plural.empty()) add_form(kind, name, plural, options);
}

void phrase_set::add_form(phrase_kind kind, std::string_view name, std::string_view form, phrase_options options) {
  const word_list words(form);
  if (words.empty()) return;
  phrase p;
  p.name = name;
  p.kind = kind;
  p.options = options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    p.hashes.push_back(words[i].hash);
    p.words.emplace_back(options.exact_case ? words.spelled(i) : words.folded(i));
    p.has_digits = p.has_digits || words[i].number;
  }
  phrases_.push_back(std::move(p));
}

void phrase_set::seal() {
  // Longer phrases first: a chain is walked in this order, and callers rely on it at equal positions.
  std::stable_sort(phrases_.begin(), phrases_.end(),
                   [](const phrase& a, const phrase& b) { return a.hashes.size() > b.hashes.size(); });
  heads_.assign(table_size(phrases_.size()), {});
  mask_ = static_cast<std::uint32_t>(heads_.size() - 1);
  for (std::size_t i = phrases_.size(); i-- > 0;) {
    const std::uint32_t hash = phrases_[i].hashes.front();
    std::uint32_t slot = spread(hash) & mask_;
    while (heads_[slot].first != 0 && heads_[slot].hash != hash) slot = (slot + 1) & mask_;
    phrases_[i].next = heads_[slot].first;
    heads_[slot] = {hash, static_cast<std::uint32_t>(i + 1)};
  }
}

bool phrase_set::matches(const phrase& p, const word_list& words, std::size_t at) const {
  if (at + p.hashes.size() > words.size()) return false;
  for (std::size_t k = 0; k < p.hashes.size(); ++k) {
    if (words[at + k].hash != p.hashes[k]) return false;
    // A phrase with digits of its own ("vault 76") may be written with a hyphen; others lose their joined words.
    if (words[at + k].joined && !p.has_digits) return false;
    if ((p.options.exact_case ? words.spelled(at + k) : words.folded(at + k)) != p.words[k]) return false;
    if (k == 0 || p.options.across_sentences) continue;
    if (!gap_joins(words.gap(at + k - 1), words.raw(at + k - 1))) return false;
  }
  return true;
}

void phrase_set::find(const word_list& words, std::vector<phrase_hit>& hits) const {
  if (heads_.empty()) return;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::uint32_t hash = words[at].hash;
    std::uint32_t slot = spread(hash) & mask_;
    while (heads_[slot].first != 0 && heads_[slot].hash != hash) slot = (slot + 1) & mask_;
    for (std::uint32_t n = heads_[slot].first; n != 0; n = phrases_[n - 1].next) {
      const phrase& p = phrases_[n - 1];
      if (!matches(p, words, at)) continue;
      hits.push_back({n - 1, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(p.hashes.size())});
    }
  }
}

} // namespace longwave
