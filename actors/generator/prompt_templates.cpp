// Compiling, checking and rendering with kainjow-mustache; the only file that knows it.
#include "actors/generator/prompt_templates.hpp"

#include "actors/generator/prompt_defaults.hpp"

#include <kainjow/mustache.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace longwave {

/// A template whose plain text stands beside it, each run of it as a value with a number for a name. Part of a class that
/// the header declares, and therefore not in the anonymous namespace.
struct lifted_template {
  std::unique_ptr<kainjow::mustache::mustache> tags;
  std::vector<kainjow::mustache::data> texts;
};

namespace {

using mustache_context = kainjow::mustache::basic_context<std::string>;
using mustache_data = kainjow::mustache::data;
using kainjow::mustache::mustache;

/// Parts may include parts this deep.
constexpr int deepest_part = 8;
/// A template with its parts put in.
constexpr std::size_t longest_template = 64u << 10;

constexpr std::array<std::string_view, 10> entry_names{"system",  "emergency_weather", "time_check",  "weather",      "news",
                                                       "story",   "gossip",            "music_intro", "judge_system", "judge"};

/// The inputs as the renderer wants them. Notes what was asked for and is not known, if that is wanted.
class input_context final : public mustache_context {
public:
  input_context(const prompt_inputs& inputs, const std::vector<mustache_data>& texts,
                std::set<std::string>* asked_in_vain = nullptr)
    : entries_(inputs.entries()), texts_(texts), values_(entries_.size()), asked_in_vain_(asked_in_vain) {}

  void push(const mustache_data* data) override { stack_.push_back(data); }
  void pop() override { stack_.pop_back(); }

  const mustache_data* get(const std::string& name) const override {
    if (name.front() >= '0' && name.front() <= '9') return text_at(name);
    if (name == "." && !stack_.empty()) return stack_.back();
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].first != name) continue;
      if (!values_[i]) values_[i].emplace(entries_[i].second);
      return &*values_[i];
    }
    if (asked_in_vain_) asked_in_vain_->insert(name);
    return nullptr;
  }
  const mustache_data* get_partial(const std::string&) const override { return nullptr; }

private:
  const mustache_data* text_at(const std::string& name) const {
    std::size_t index = texts_.size();
    std::from_chars(name.data(), name.data() + name.size(), index);
    return index < texts_.size() ? &texts_[index] : nullptr;
  }

  const std::vector<prompt_inputs::entry>& entries_;
  const std::vector<mustache_data>& texts_;
  mutable std::vector<std::optional<mustache_data>> values_; ///< made when asked for: most are not
  std::vector<const mustache_data*> stack_;
  std::set<std::string>* asked_in_vain_;
};

failure bad_template(const std::string& pack, const std::string& name, const std::string& why) {
  return {error_code::bad_pack, "cannot use prompt \"" + name + "\" of pack " + pack, why, "correct the template; see docs/packs.md"};
}

/// Puts the text of parts where {{> name}} stands: done once here, because the renderer would parse them for each call.
result<std::string> put_parts_in(const content_pack& pack, const std::string& name, const std::string& text, int depth) {
  if (depth > deepest_part) return bad_template(pack.name, name, "parts include one another more than 8 deep");
  std::string out;
  std::size_t from = 0;
  for (;;) {
    const auto open = text.find("{{>", from);
    out.append(text, from, open == std::string::npos ? std::string::npos : open - from);
    if (open == std::string::npos) break;
    const auto close = text.find("}}", open);
    if (close == std::string::npos) return bad_template(pack.name, name, "a {{> tag is not closed");
    auto part = text.substr(open + 3, close - open - 3);
    part.erase(0, part.find_first_not_of(" \t"));
    part.erase(part.find_last_not_of(" \t") + 1);
    const auto at = pack.prompts.find(part);
    if (at == pack.prompts.end()) return bad_template(pack.name, name, "there is no part named \"" + part + "\"");
    auto expanded = put_parts_in(pack, name, at->second, depth + 1);
    if (!expanded) return expanded.error();
    out += expanded.value();
    from = close + 2;
    // A tag on a line of its own takes the line with it, as mustache has it.
    const bool own_line = (open == 0 || text[open - 1] == '\n') && from < text.size() && text[from] == '\n';
    if (own_line && (out.empty() || out.back() == '\n')) ++from;
    if (out.size() > longest_template) return bad_template(pack.name, name, "is longer than 64 KB with its parts");
  }
  return out;
}

/// A section's tag on a line of its own takes the line with it. The renderer does so too, but leaves an empty line where a
/// section is left out.
std::string without_tag_lines(const std::string& text) {
  std::string out;
  for (std::size_t from = 0; from < text.size();) {
    const auto newline = text.find('\n', from);
    const auto end = newline == std::string::npos ? text.size() : newline + 1;
    auto line = std::string_view(text).substr(from, end - from);
    const auto first = line.find_first_not_of(" \t");
    const auto last = line.find_last_not_of(" \t\r\n");
    const bool tag = first != std::string_view::npos && line.compare(first, 2, "{{") == 0 && first + 2 < line.size() &&
                     std::string_view("#^/!").find(line[first + 2]) != std::string_view::npos && line.find("}}") == last - 1;
    out += tag ? line.substr(first, last + 1 - first) : line;
    from = end;
  }
  return out;
}

/// Takes the plain text out of a well-formed template: the renderer makes a component of every word and blank, and
/// walking them is most of its time.
lifted_template lift_text(const std::string& text) {
  lifted_template lifted;
  std::string tags;
  const auto lift = [&](std::size_t from, std::size_t to) {
    if (from == to) return;
    tags += "{{" + std::to_string(lifted.texts.size()) + "}}";
    lifted.texts.emplace_back(text.substr(from, to - from));
  };
  std::size_t from = 0;
  for (auto open = text.find("{{"); open != std::string::npos; open = text.find("{{", from)) {
    const std::string_view closing = text.compare(open, 3, "{{{") == 0 ? "}}}" : "}}";
    const auto close = text.find(closing, open);
    if (close == std::string::npos) break;
    lift(from, open);
    from = close + closing.size();
    tags.append(text, open, from - open);
  }
  lift(from, text.size());
  lifted.tags = std::make_unique<mustache>(tags);
  lifted.tags->set_custom_escape([](const std::string& plain) { return plain; }); // speech, not HTML
  return lifted;
}

std::string run_template(const lifted_template& compiled, input_context& context) {
  // As a string: the renderer's stream costs a tenth of the time.
  return compiled.tags->render(context);
}

/// Renders once with everything and once with what is always there: finds unknown names and holes.
result<void> try_out(const std::string& pack, const std::string& name, const lifted_template& compiled) {
  const auto samples = sample_inputs();
  std::set<std::string> asked_in_vain;
  input_context everything(samples, compiled.texts, &asked_in_vain);
  const auto full = run_template(compiled, everything);
  prompt_inputs least;
  for (const char* always : {"type", "type_words", "language", "seq", "min_words", "max_words"}) least.set(always, "sample");
  if (name.rfind("judge", 0) == 0) least.set("script", "sample");
  input_context nothing(least, compiled.texts, &asked_in_vain);
  const auto bare = run_template(compiled, nothing);
  const auto& known = prompt_input_names();
  for (const auto& asked : asked_in_vain)
    if (!std::binary_search(known.begin(), known.end(), std::string_view(asked)))
      return bad_template(pack, name, "{{" + asked + "}} is no input of a prompt");
  if (!compiled.tags->is_valid()) return bad_template(pack, name, compiled.tags->error_message());
  for (const auto* text : {&full, &bare})
    if (text->find("{{") != std::string::npos || text->find("}}") != std::string::npos)
      return bad_template(pack, name, "leaves braces behind");
  if (name != "system" && bare.find_first_not_of(" \t\r\n") == std::string::npos)
    return bad_template(pack, name, "says nothing when its optional inputs are absent");
  return ok();
}

result<lifted_template> compile_one(const content_pack& pack, const std::string& name, const std::string& source) {
  auto text = put_parts_in(pack, name, source, 0);
  if (!text) return text.error();
  if (text.value().find("{{=") != std::string::npos) return bad_template(pack.name, name, "must not change the delimiters");
  const auto source_text = without_tag_lines(text.value());
  if (mustache whole(source_text); !whole.is_valid()) return bad_template(pack.name, name, whole.error_message());
  auto compiled = lift_text(source_text);
  if (auto tried = try_out(pack.name, name, compiled); !tried) return tried.error();
  return compiled;
}

} // namespace

struct prompt_templates::compiled {
  /// By name, with ".<language>" for one language only. Rendering does not change a template without lambdas and parts,
  /// though the library's `render` is not const.
  std::map<std::string, lifted_template, std::less<>> templates;
};

prompt_templates::prompt_templates(std::unique_ptr<compiled> all) : all_(std::move(all)) {}
prompt_templates::~prompt_templates() = default;

result<std::shared_ptr<const prompt_templates>> prompt_templates::compile(const content_pack& pack) {
  auto all = std::make_unique<compiled>();
  for (const auto entry : entry_names) {
    const std::string name(entry);
    const auto at = pack.prompts.find(name);
    auto one = compile_one(pack, name, at == pack.prompts.end() ? std::string(default_prompt(name)) : at->second);
    if (!one) return one.error();
    all->templates[name] = std::move(one.value());
  }
  for (const auto& [name, text] : pack.prompts) {
    const auto dot = name.find('.');
    if (dot == std::string::npos) continue;
    if (std::find(entry_names.begin(), entry_names.end(), std::string_view(name).substr(0, dot)) == entry_names.end())
      return bad_template(pack.name, name, "only templates of segments, system and judge have languages");
    auto one = compile_one(pack, name, text);
    if (!one) return one.error();
    all->templates[name] = std::move(one.value());
  }
  return std::shared_ptr<const prompt_templates>(new prompt_templates(std::move(all)));
}

std::shared_ptr<const prompt_templates> prompt_templates::built_in() {
  static const auto shared = [] {
    content_pack none;
    none.name = "(built in)";
    return compile(none).value(); // tested: the built-in texts compile
  }();
  return shared;
}

std::string prompt_templates::render(std::string_view name, std::string_view language, const prompt_inputs& inputs) const {
  const auto& templates = all_->templates;
  auto at = templates.find(std::string(name) + "." + std::string(language));
  if (at == templates.end()) at = templates.find(name);
  if (at == templates.end()) return {};
  input_context context(inputs, at->second.texts);
  return run_template(at->second, context);
}

} // namespace longwave
