// Names and texts come from prompt.cpp; this writes them.
#include "actors/generator/prompt_log.hpp"

#include "actors/generator/prompt.hpp"
#include "storage/output_folder.hpp"

#include <spdlog/spdlog.h>

#include <unistd.h>

#include <filesystem>

namespace longwave {

result<void> make_prompt_log(const std::string& folder) {
  std::error_code ec;
  std::filesystem::create_directories(folder, ec);
  if (std::filesystem::is_directory(folder) && ::access(folder.c_str(), W_OK | X_OK) == 0) return ok();
  return failure{error_code::output_unwritable, "cannot write prompts to " + folder,
                 ec ? ec.message() : std::string("it is no folder that can be written to"), "choose another --log-prompts"};
}

void write_prompt_log(const generation_call& call, const std::string& folder, std::string_view suffix) {
  std::error_code ignored; // the write reports what matters
  std::filesystem::create_directories(folder, ignored);
  const auto written = storage::write_file_atomically(
    storage::system_file_calls(), std::filesystem::path(folder) / prompt_log_name(call, suffix), prompt_log_text(call));
  if (!written) spdlog::warn("run {}: {}", call.run_id, to_string(written.error()));
}

} // namespace longwave
