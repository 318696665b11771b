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
  const auto free = news.disk_free_bytes ? nlohmann::ordered_json(*news.disk_free_bytes) : nlohmann::ordered_json(nullptr);
  status["disk_free_bytes"] = free;
  const nlohmann::ordered_json::json_pointer forecast("/forecast/disk");
  if (status.contains(forecast) && status[forecast].is_object()) {
    auto& disk = status[forecast];
    disk["free_bytes"] = free;
    disk["fits"] = news.disk_free_bytes ? nlohmann::ordered_json(static_cast<double>(*news.disk_free_bytes) > disk.value("needed_bytes", 0.0)) : free;
  }
  if (const auto timing = status.find("timing"); news.elapsed_ms > 0 && timing != status.end() && timing->is_object()) {
    auto& elapsed = (*timing)["elapsed_s"];
    if (elapsed.is_number()) elapsed = std::round(elapsed.get<double>() * 1'000.0 + static_cast<double>(news.elapsed_ms)) / 1'000.0;
  }
  return controlless_json(status, 2) + "\n";
}

} // namespace longwave
