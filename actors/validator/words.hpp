// A script as words: whole words, case folding, possessives, and the search for listed phrases in them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longwave {

/// One word of a script: offsets only, small on purpose.
struct word {
  /// Bytes [begin, end) of the script.
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  /// Hash of the folded base; never 0.
  std::uint32_t hash = 0;
  /// Where the word's spelled and folded bytes begin: in the script and its folded copy, or, `apart`, in buffers of their
  /// own.
  std::uint32_t spelled_begin = 0;
  std::uint32_t folded_begin = 0;
  std::uint16_t spelled_size = 0;
  std::uint16_t folded_size = 0;
  /// Bytes of a possessive or contracted ending ("'s"): the base is the word without it.
  std::uint8_t suffix = 0;
  /// Not plain ASCII: rewritten while it was read.
  bool apart = false;
  /// Digits only.
  bool number = false;
  /// Joined to digits by a hyphen and therefore no word (contract 8.34): APP in "304-555-APP".
  bool joined = false;
  /// Continues the word before it over a hyphen ("well-known" is one spoken word).
  bool continues = false;
};

/// The words of one text. Keeps a view of the text: the text must outlive the list.
class word_list {
public:
  explicit word_list(std::string_view text);

  std::size_t size() const noexcept { return words_.size(); }
  bool empty() const noexcept { return words_.empty(); }
  const word& operator[](std::size_t i) const noexcept { return words_[i]; }

  std::string_view text() const noexcept { return text_; }
  /// The bytes as written.
  std::string_view raw(std::size_t i) const noexcept;
  /// As written, typographic apostrophes made plain, without a possessive ending.
  std::string_view spelled(std::size_t i) const noexcept;
  /// The same in lower case.
  std::string_view folded(std::size_t i) const noexcept;
  /// Lower case with the ending kept ("it's").
  std::string_view folded_whole(std::size_t i) const noexcept;
  /// The bytes between word i and word i + 1; empty after the last.
  std::string_view gap(std::size_t i) const noexcept;
  /// The bytes from the first to the last of `count` words.
  std::string_view span(std::size_t first, std::size_t count) const noexcept;

  /// Words as a listener counts them: hyphenated ones once.
  std::size_t spoken_count() const noexcept { return spoken_; }
  /// First `count` spoken words, lower case, without punctuation, one space between.
  std::string opening(std::size_t count) const;
  /// 64-bit hash of all words in order: equal for texts that differ in case, spaces or punctuation only.
  std::uint64_t text_hash() const noexcept { return text_hash_; }

private:
  /// Reads the ASCII word that begins at `start`; returns its end, or `start` when other characters may belong to it.
  std::size_t read_ascii(std::size_t start);
  /// Copies the word that begins at `start` into the buffers; returns its end.
  std::size_t read_any(std::size_t start);
  void push(word w, bool has_apostrophe);

  std::string_view text_;
  std::vector<word> words_;
  /// Byte for byte beside the text, filled where plain words stand.
  std::string folded_;
  std::string apart_spelled_;
  std::string apart_folded_;
  std::uint64_t text_hash_;
  std::size_t spoken_ = 0;
};

/// The set of word hashes of a text: open addressing, built once, asked often.
class word_hash_set {
public:
  explicit word_hash_set(const word_list& words);

  bool contains(std::uint32_t hash) const noexcept;
  /// False when surely more than `misses` of `hashes` are not in the set. Ends as soon as that is sure; about one in fifty
  /// hashes is taken for one of the set.
  bool may_miss_at_most(std::size_t misses, const std::vector<std::uint32_t>& hashes) const noexcept;
  /// Distinct hashes in order of first appearance.
  const std::vector<std::uint32_t>& distinct() const noexcept { return distinct_; }

private:
  static constexpr std::size_t filter_bits = 4096;

  std::vector<std::uint32_t> slots_;
  std::uint32_t mask_ = 0;
  std::vector<std::uint32_t> distinct_;
  /// One byte for each value of twelve bits of a hash.
  std::array<std::uint8_t, filter_bits> filter_{};
};

/// What a listed phrase stands for.
enum class phrase_kind : std::uint8_t {
  anachronism,
  setting_device,
  forbidden_faction,
  forbidden_topic,
  foreign_name,
  doubtful_foreign_name,
  tone_marker,
  dont_marker,
  filler,
  informal,
  catchphrase,
  stage_keyword,
  weather_word,
  faction,
  place,
  topic_group,
};

/// How a phrase is to be found.
struct phrase_options {
  /// Only as capitalised in the list.
  bool exact_case = false;
  /// Also in the regular plural, unless the list has a plural already.
  bool with_plural = false;
  /// Punctuation between its words may end a sentence (catch-phrases).
  bool across_sentences = false;
  /// Free for the owner of the kind (stage, weather type, family).
  std::uint8_t tag = 0;
};

/// One place where a phrase stands.
struct phrase_hit {
  std::uint32_t phrase = 0;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

/// All listed phrases of a run, searched together in one pass. Immutable after `seal`; then usable from any thread.
class phrase_set {
public:
  /// Adds a phrase under its listed name; a name without words is ignored.
  void add(phrase_kind kind, std::string_view name, phrase_options options = {});
  /// Builds the index. Call once, after the last `add`.
  void seal();

  /// Every hit, by position, longer phrases first at the same position.
  void find(const word_list& words, std::vector<phrase_hit>& hits) const;

  phrase_kind kind(const phrase_hit& hit) const noexcept { return phrases_[hit.phrase].kind; }
  std::uint8_t tag(const phrase_hit& hit) const noexcept { return phrases_[hit.phrase].options.tag; }
  /// The listed name (for plurals: the name they were made from).
  const std::string& name(const phrase_hit& hit) const noexcept { return phrases_[hit.phrase].name; }

private:
  struct phrase {
    std::string name;
    phrase_kind kind{};
    phrase_options options;
    std::vector<std::uint32_t> hashes;
    /// Spelled for exact case, else folded.
    std::vector<std::string> words;
    bool has_digits = false;
    std::uint32_t next = 0;
  };

  void add_form(phrase_kind kind, std::string_view name, std::string_view form, phrase_options options);
  bool matches(const phrase& p, const word_list& words, std::size_t at) const;

  std::vector<phrase> phrases_;
  /// The first phrase + 1 of all that begin with a word, by that word's hash; 0 = none.
  struct head {
    std::uint32_t hash = 0;
    std::uint32_t first = 0;
  };
  std::vector<head> heads_;
  std::uint32_t mask_ = 0;
};

/// True when the text has an upper-case letter.
bool has_capital(std::string_view text) noexcept;

/// Lower case of one code point: Latin, Greek and Cyrillic.
char32_t fold_case(char32_t c) noexcept;

/// The code point at `at`, which moves on. Bytes that are no UTF-8 give U+FFFD one by one.
char32_t next_code_point(std::string_view text, std::size_t& at) noexcept;

/// True for the words that carry no content ("about", "from", "have"), given in lower case.
bool is_stop_word(std::string_view folded) noexcept;

} // namespace longwave
