// Paths of an engine, from the outside.
#include "cli/place.hpp"

#include "messages/random.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <unistd.h>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

/// sun_path holds 108 bytes with its end; contract section 2 draws the line at 100.
constexpr std::size_t socket_path_limit = 100;

} // namespace

fs::path place::socket() const {
  std::ifstream in(data_dir / "control.path");
  std::string named;
  if (in && std::getline(in, named) && !named.empty()) return named;
  return data_dir / "control.sock";
}

fs::path socket_path_for(const fs::path& data_dir) {
  const auto direct = data_dir / "control.sock";
  if (direct.native().size() <= socket_path_limit) return direct;
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const fs::path base = runtime && *runtime ? runtime : "/tmp";
  random_stream name(0, 0, 0, data_dir.native());
  char text[64];
  std::snprintf(text, sizeof text, "longwave-%u-%016llx.sock", static_cast<unsigned>(::getuid()),
                static_cast<unsigned long long>(name.next()));
  return base / text;
}

result<place> find_place(const fs::path& folder) {
  std::error_code ec;
  place p;
  p.folder = fs::absolute(folder, ec).lexically_normal();
  const auto inside = p.folder / ".longwave";
  if (!fs::is_directory(inside, ec))
    return failure{error_code::not_found, "no run in " + folder.string(), "there is no .longwave folder in it",
                   "name the output folder of a run"};
  p.data_dir = inside;
  std::ifstream in(inside / "engine.json");
  if (!in) return p;
  const auto j = nlohmann::json::parse(in, nullptr, false);
  if (!j.is_object() || !j.contains("data_dir") || !j["data_dir"].is_string())
    return failure{error_code::bad_input, "cannot read " + (inside / "engine.json").string(), "it is not what an engine writes",
                   "name the engine's own folder instead"};
  p.data_dir = j["data_dir"].get<std::string>();
  if (j.contains("run_id") && j["run_id"].is_string()) p.run = j["run_id"].get<std::string>();
  return p;
}

} // namespace longwave::cli
