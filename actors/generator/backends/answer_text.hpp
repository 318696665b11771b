// The text of a streamed answer while it grows: loop detection, blank and garbage checks, usage, one-line details.
//
// Pure: no sockets, no clock. Shared by the readers of every server's answer format.
#pragma once

#include "actors/generator/backends/model_marks.hpp"
#include "messages/draft.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longwave {

/// Longest `draft::detail`, bytes.
constexpr std::size_t detail_limit = 300;

/// Makes one printable line of at most `limit` bytes: control characters and runs of blanks become one blank, broken
/// UTF-8 becomes '?', the cut falls between characters.
std::string one_line(std::string_view text, std::size_t limit = detail_limit);

/// Finds a model that repeats itself: the same sequence of 1 to 8 tokens more than 30 times in a row.
/// Sequences without a letter or digit (dividers, blanks) do not count.
class loop_detector {
public:
  static constexpr std::size_t longest_sequence = 8;
  static constexpr std::uint64_t most_repeats = 30;

  /// Takes the next token or word.
  void add(std::string_view token);

  /// True once a loop was seen; stays true.
  bool looping() const noexcept { return looping_; }

private:
  std::array<std::uint64_t, longest_sequence> history_{};
  std::array<bool, longest_sequence> lettered_{};
  /// For each length n: how many tokens in a row were equal to the one n places before.
  std::array<std::uint64_t, longest_sequence + 1> equal_run_{};
  std::uint64_t count_ = 0;
  bool looping_ = false;
};

/// Longest text that may become a draft, bytes: twice what the longest story needs.
constexpr std::size_t text_limit = 64u << 10;

/// Collects the pieces of an answer.
class answer_text {
public:
  /// Adds one piece as the server sent it. Pieces count as tokens for loop detection, and so do words.
  void append(std::string_view piece);

  bool looping() const noexcept { return tokens_.looping() || words_.looping(); }
  bool empty() const noexcept { return text_.empty(); }
  std::size_t size() const noexcept { return text_.size(); }
  /// More came than any draft may hold; nothing is kept beyond the limit.
  bool too_long() const noexcept { return too_long_; }
  /// Nothing that may still come can save the answer.
  bool hopeless() const noexcept { return looping() || too_long_; }

  /// The text without its model's marks and without blanks at its ends.
  unmarked_text unmarked() const { return without_marks(text_); }

private:
  std::string text_;
  std::string word_;
  bool too_long_ = false;
  loop_detector tokens_;
  loop_detector words_;
};

/// Why a finished text is no draft ("blank", "control characters"...), or nothing when it may be one.
/// Error messages and HTML as content are the validator's business.
std::optional<std::string> unusable_text(const unmarked_text& written);

/// Parses one JSON object from a server. Nothing when it is malformed, no object, or nested deeper than 64.
std::optional<nlohmann::json> parse_answer_object(std::string_view text);

/// The message of a server's error object in any of its common shapes ({"error":"..."}, {"error":{"message":"..."}},
/// {"message":"..."}, {"detail":[{"msg":"..."}]}); empty when there is none. Not shortened.
std::string error_message_of(const nlohmann::json& body);

/// Reads one token count. A count is unknown when the key is missing or null; anything else that is no whole number
/// from 0 to 2^53 is unknown too and sets `malformed`.
std::optional<std::uint64_t> read_count(const nlohmann::json& object, const char* key, bool& malformed);

/// What a server's counts are worth: no prompt is empty, and what was written took tokens, so a zero there was never counted
/// and becomes unknown. Nothing when no count is left.
/// @param wrote whether text or thinking came
std::optional<token_usage> counted_usage(token_usage told, bool wrote);

/// What to say of an answer that ended at the token limit: also how far it came, where the server counted clearly fewer
/// tokens than were allowed. Then it was not the call's limit that ended it (llama.cpp gives the same reason when its window
/// is full).
/// @param max_tokens the call's limit; 0 when it is not known
std::string cut_at_limit(std::optional<std::uint64_t> output_tokens, int max_tokens);

/// What a reader is asked for.
enum class answer_need {
  whole, ///< a complete, normally finished text
  alive, ///< a probe: any finished answer, even one that was cut by its own token limit
};

/// How the bytes of the answer ended.
enum class body_end {
  clean, ///< the whole body arrived, or the reader itself asked to stop
  cut,   ///< the connection ended in the middle
  limit, ///< the body was larger than allowed
};

/// Reads one answer body of status 200 piece by piece and says what it is worth.
class answer_reader {
public:
  virtual ~answer_reader() = default;

  /// Takes the next bytes; false when no more are needed (the end mark came, or nothing can save the answer).
  virtual bool feed(std::string_view bytes) = 0;

  /// Whether the answer ended with its own end mark, so that the connection may be left to end in peace.
  virtual bool at_end() const = 0;

  /// Whether any text arrived yet.
  virtual bool has_text() const = 0;

  /// Bytes of text and thinking so far: grows with every token, but not with pings.
  virtual std::size_t progress() const = 0;

  /// The judgement; call once, after the last `feed`. Fills outcome, text, usage and detail.
  virtual draft finish(body_end how) = 0;
};

} // namespace longwave
