// Tags and tokens of the common model families.
#include "actors/generator/backends/model_marks.hpp"

#include "messages/ascii_case.hpp"
#include "messages/phrases.hpp"

#include <algorithm>
#include <array>

namespace longwave {

namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

struct tag_pair {
  std::string_view open, close;
};

/// Lower case: the text is compared in lower case.
constexpr auto thinking_tags = std::to_array<tag_pair>({
  {"<think>", "</think>"},                            // DeepSeek, Qwen, and most others
  {"<thinking>", "</thinking>"},                      //
  {"<thought>", "</thought>"},                        // Gemma, EXAONE
  {"<reasoning>", "</reasoning>"},                    // Granite
  {"<seed:think>", "</seed:think>"},                  // Seed-OSS
  {"[think]", "[/think]"},                            // Mistral
  {"\u25c1think\u25b7", "\u25c1/think\u25b7"},        // Kimi
  {"<|start_thinking|>", "<|end_thinking|>"},         // Command
  {"<|begin_of_thought|>", "<|end_of_thought|>"},     // OpenThinker
});

constexpr std::string_view channel = "<|channel|>";
constexpr std::string_view final_channel = "<|channel|>final<|message|>";

constexpr auto whole_tokens = std::to_array<std::string_view>({
  "<s>", "</s>", "<bos>", "<eos>", "<pad>", "<unk>", "[inst]", "[/inst]", "<<sys>>", "<</sys>>", "<start_of_turn>", "<end_of_turn>",
  "<end_of_utterance>",
});

constexpr auto roles = std::to_array<std::string_view>({"assistant", "model"});

constexpr std::size_t longest_name = 48;

/// Length of the token that stands at the start of `low`; 0 = none.
std::size_t token_length(std::string_view low) noexcept {
  for (std::string_view token : whole_tokens)
    if (low.starts_with(token)) return token.size();
  // "<|name|>", and the same with the wide bars of DeepSeek.
  for (std::string_view bar : {std::string_view("|"), std::string_view("\uff5c")}) {
    if (low.empty() || low.front() != '<' || !low.substr(1).starts_with(bar)) continue;
    const auto name = low.substr(1 + bar.size());
    const auto end = name.substr(0, longest_name + bar.size()).find(bar);
    if (end == std::string_view::npos || end == 0 || !name.substr(end + bar.size()).starts_with(">")) continue;
    const auto plain = [](char c) { return c == '_' || c == '-' || c == '.' || c == ':' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80); };
    if (!std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(end), plain)) continue;
    return 1 + bar.size() + end + bar.size() + 1;
  }
  return 0;
}

/// A text and its lower case, which has the same length.
class marked {
public:
  explicit marked(std::string_view text) : text_(text), low_(ascii_lower(text)) {}

  std::string_view low() const noexcept { return low_; }
  std::string_view text() const noexcept { return text_; }
  void erase(std::size_t from, std::size_t count) {
    text_.erase(from, count);
    low_.erase(from, count);
  }
  void trim() {
    const auto first = std::min(text_.find_first_not_of(blanks), text_.size());
    erase(0, first);
    const auto last = text_.find_last_not_of(blanks);
    if (last != std::string::npos) erase(last + 1, text_.size() - last - 1);
  }

private:
  std::string text_, low_;
};

/// Bytes of a thought; a model whose thinking is switched off still writes the tags, with blanks between them.
std::size_t thought_size(std::string_view thought) noexcept { return trimmed(thought).empty() ? 0 : thought.size(); }

constexpr const char* unfinished = "the answer ended within its thinking";

/// gpt-oss: "<|channel|>analysis<|message|>...<|channel|>final<|message|>text".
void take_channels(marked& m, unmarked_text& out) {
  if (m.low().find(channel) == std::string_view::npos) return;
  const auto at = m.low().rfind(final_channel);
  if (at == std::string_view::npos) {
    out.fault = unfinished;
    return;
  }
  if (at > 0) out.thinking_bytes += at;
  m.erase(0, at + final_channel.size());
}

void take_thinking(marked& m, const tag_pair& tag, unmarked_text& out) {
  for (;;) {
    const auto open = m.low().find(tag.open), close = m.low().find(tag.close);
    if (open == std::string_view::npos && close == std::string_view::npos) return;
    const bool opened = open < close; // npos is the largest
    const auto from = opened ? open : 0, inner = opened ? open + tag.open.size() : 0;
    const auto end = close == std::string_view::npos ? close : m.low().find(tag.close, inner);
    if (end == std::string_view::npos) {
      out.fault = unfinished;
      out.thinking_bytes += thought_size(m.low().substr(inner));
      m.erase(from, m.low().size() - from);
      return;
    }
    out.thinking_bytes += thought_size(m.low().substr(inner, end - inner));
    m.erase(from, end + tag.close.size() - from);
  }
}

void take_tokens_at_start(marked& m) {
  bool turn = false; // a role may follow
  for (;;) {
    m.trim();
    if (const auto length = token_length(m.low())) {
      m.erase(0, length);
      turn = true;
      continue;
    }
    const auto role = std::find_if(roles.begin(), roles.end(), [&](std::string_view r) {
      if (!m.low().starts_with(r)) return false;
      const auto rest = m.low().substr(r.size());
      return rest.empty() || rest.front() == '\n' || rest.front() == '\r' || token_length(rest) > 0;
    });
    if (!turn || role == roles.end()) return;
    m.erase(0, role->size());
    turn = false;
  }
}

void take_tokens_at_end(marked& m) {
  for (bool again = true; again;) {
    again = false;
    m.trim();
    // A token begins with one of two characters; the last of them may begin the last token.
    for (auto at = m.low().find_last_of("<["); at != std::string_view::npos && m.low().size() - at <= 2 * longest_name;
         at = at == 0 ? std::string_view::npos : m.low().find_last_of("<[", at - 1)) {
      if (token_length(m.low().substr(at)) != m.low().size() - at) continue;
      m.erase(at, m.low().size() - at);
      again = true;
      break;
    }
  }
}

void look_for_tokens(const marked& m, unmarked_text& out) {
  for (auto at = m.low().find_first_of("<["); at != std::string_view::npos; at = m.low().find_first_of("<[", at + 1))
    if (const auto length = token_length(m.low().substr(at))) {
      out.fault = "a control token of the model stands in the text (" + std::string(m.text().substr(at, length)) +
                  "): the server's chat template does not fit the model";
      return;
    }
}

} // namespace

unmarked_text without_marks(std::string_view text) {
  unmarked_text out;
  constexpr std::string_view beginnings = "<[\xe2"; // of every mark
  if (text.find_first_of(beginnings) == std::string_view::npos) {
    out.text = trimmed(text);
    return out;
  }
  marked m(text);
  take_channels(m, out);
  for (const auto& tag : thinking_tags)
    if (out.fault.empty()) take_thinking(m, tag, out);
  take_tokens_at_start(m);
  take_tokens_at_end(m);
  if (out.fault.empty()) look_for_tokens(m, out);
  out.text = m.text();
  return out;
}

} // namespace longwave
