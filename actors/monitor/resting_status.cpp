// Reads the document, changes what changes, writes it the way it was written.
#include "actors/monitor/resting_status.hpp"

#include "messages/json_controls.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <functional>

namespace longwave {

std::uint64_t mark_of(std::string_view status_json) noexcept { return std::hash<std::string_view>{}(status_json); }

std::optional<std::string> renewed_status(const std::string& status_json, const resting_news& news) {
  auto status = nlohmann::ordered_json::parse(status_json, nullptr, false);
  if (!status.is_object() || !status.contains("updated_at")) return std::nullopt;
  status["updated_at"] = news.updated_at;
  status["disk_free_bytes"] = news.disk_free_bytes ? nlohmann::ordered_json(*news.disk_free_bytes) : nlohmann::ordered_json(nullptr);
  if (const auto timing = status.find("timing"); news.elapsed_ms > 0 && timing != status.end() && timing->is_object()) {
    auto& elapsed = (*timing)["elapsed_s"];
    if (elapsed.is_number()) elapsed = std::round(elapsed.get<double>() * 1'000.0 + static_cast<double>(news.elapsed_ms)) / 1'000.0;
  }
  return controlless_json(status, 2) + "\n";
}

} // namespace longwave
