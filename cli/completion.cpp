// `longwave completion`: a script for a shell that completes verbs and options by asking the program itself.
#include "cli/command_line.hpp"
#include "cli/exit_code.hpp"
#include "cli/verbs.hpp"

#include <CLI/CLI.hpp>

namespace longwave::cli {

namespace {

// Options are read from each verb's --help at the moment of completion, so that the scripts cannot fall behind.

constexpr std::string_view bash_script = R"sh(_longwave() {
  local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]}
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "$(longwave --help 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\)  *.*/\1/p')" -- "$word"))
  elif [ "${word#-}" != "$word" ]; then
    COMPREPLY=($(compgen -W "$(longwave "$verb" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)" -- "$word"))
  fi
}
complete -o default -F _longwave longwave
)sh";

constexpr std::string_view zsh_script = R"sh(#compdef longwave
_longwave() {
  local -a verbs options
  if (( CURRENT == 2 )); then
    verbs=(${(f)"$(longwave --help 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\)  *\(.*\)/\1:\2/p')"})
    _describe 'verb' verbs
  elif [[ ${words[CURRENT]} == -* ]]; then
    options=(${(f)"$(longwave ${words[2]} --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)"})
    compadd -a options
  else
    _files
  fi
}
compdef _longwave longwave
)sh";

constexpr std::string_view fish_script = R"sh(function __longwave_verbs
  longwave --help 2>/dev/null | sed -n 's/^  \([a-z]\{1,\}\)  *\(.*\)/\1\t\2/p'
end
function __longwave_options
  set -l words (commandline -opc)
  longwave $words[2] --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u
end
complete -c longwave -n 'test (count (commandline -opc)) -eq 1' -f -a '(__longwave_verbs)'
complete -c longwave -n 'test (count (commandline -opc)) -gt 1' -a '(__longwave_options)'
)sh";

} // namespace

int completion_verb(const arguments& args) {
  CLI::App app("Prints a script that lets a shell complete verbs and options: source it, or put it where the shell looks.",
               "completion");
  common_options options;
  std::string shell;
  app.add_option("SHELL", shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  add_common_options(app, options);
  if (const auto code = parse_arguments(app, args)) return *code;
  const auto script = shell == "bash" ? bash_script : shell == "zsh" ? zsh_script : fish_script;
  if (options.json)
    print_json({{"shell", shell}, {"script", script}});
  else
    print_raw(script);
  return finish_output(exit_done);
}

} // namespace longwave::cli
