// The prompt templates of a pack: mustache texts, compiled and checked once, rendered for every call.
//
// A pack's `prompts` name them: `system` (who speaks), one a segment type (`weather`, `news` ...; a story run uses
// `story`), `judge_system` and `judge` (the model as a judge). Any other name is a part that templates include with
// {{> name}}. A name with a language behind it ("story.ko") is taken first in that language. What a pack leaves out
// comes from the templates built in here.
#pragma once

#include "actors/generator/prompt_inputs.hpp"
#include "messages/error.hpp"
#include "messages/pack.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace longwave {

/// Compiled templates of one pack. Immutable; all members may be called from any thread.
class prompt_templates {
public:
  /// Compiles a pack's templates.
  /// @return `bad_pack` naming template and reason: malformed, an unknown input or part, parts that include themselves,
  ///         or a template that says nothing when every optional input is absent
  static result<std::shared_ptr<const prompt_templates>> compile(const content_pack& pack);

  /// The templates that are built in, for packs without any.
  static std::shared_ptr<const prompt_templates> built_in();

  /// Renders one template: values are put in as they are, what is absent leaves nothing behind.
  /// @param name  "system", a segment type's name, "judge_system" or "judge"
  /// @param language  "en", "ko"
  std::string render(std::string_view name, std::string_view language, const prompt_inputs& inputs) const;

  ~prompt_templates();

private:
  struct compiled;
  explicit prompt_templates(std::unique_ptr<compiled> all);

  std::unique_ptr<compiled> all_;
};

} // namespace longwave
