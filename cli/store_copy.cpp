// Taking of snapshots.
#include "cli/store_copy.hpp"

#include "actors/clock.hpp"
#include "cli/control_client.hpp"
#include "storage/output_folder.hpp"
#include "storage/store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace longwave::cli {

namespace fs = std::filesystem;

namespace {

/// Hard links and a copied log: seconds at most, but the disk may be busy.
constexpr int engine_timeout_ms = 120'000;

result<std::string> by_engine(const place& where, const std::string& to) {
  const auto body = to.empty() ? nlohmann::json::object() : nlohmann::json{{"to", to}};
  auto answer = ask_engine(where, "POST", "/v1/snapshot", body.dump(), engine_timeout_ms);
  if (!answer) return answer.error();
  const auto j = nlohmann::json::parse(answer.value().body, nullptr, false);
  const auto text = [&](const char* name) {
    return j.is_object() && j.contains(name) && j[name].is_string() ? j[name].get<std::string>() : std::string();
  };
  if (answer.value().status == 200 && !text("path").empty()) return text("path");
  return failure{answer.value().status == 409 ? error_code::output_unwritable : error_code::io_failed,
                 "cannot take a snapshot", text("detail").empty() ? "the engine refuses" : text("detail"), ""};
}

/// A name that sorts by time: "snapshot-20260131T120000000001Z".
fs::path default_folder(const place& where) {
  auto stamp = rfc3339(host_clock().wall_us());
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':' || c == '.'; });
  return where.data_dir / "snapshots" / ("snapshot-" + stamp);
}

result<std::string> by_hand(const place& where, const std::string& to) {
  std::error_code ec;
  if (!fs::exists(where.store(), ec))
    return failure{error_code::not_found, "no run in " + where.folder.string(), "there is no store in it",
                   "name the output folder of a run"};
  // Held while we copy, so that no engine begins in the middle.
  auto lock = storage::engine_lock::take(where.data_dir);
  if (!lock) return lock.error();
  storage::store_options options;
  options.create = false;
  auto db = storage::store::open(where.store(), options);
  if (!db) return db.error();
  const auto path = to.empty() ? default_folder(where) : fs::path(to);
  fs::create_directories(path.parent_path(), ec);
  if (ec) return storage::file_failure("cannot create", path.parent_path(), ec.value());
  if (auto taken = db.value()->snapshot(path); !taken) return taken.error();
  return path.string();
}

} // namespace

result<std::string> copy_store(const place& where, const std::string& to) {
  const bool live = storage::engine_lock::holder(where.data_dir) != 0;
  return live ? by_engine(where, to) : by_hand(where, to);
}

} // namespace longwave::cli
