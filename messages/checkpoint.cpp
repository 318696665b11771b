// Names and JSON of checkpoint records.
#include "messages/checkpoint.hpp"

#include "messages/json_text.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace longwave {

namespace {

constexpr std::array<std::string_view, 7> kind_names{"hourly", "daily", "weekly", "pause", "stop", "end", "manual"};

} // namespace

std::string_view to_string(checkpoint_kind k) noexcept {
  const auto index = static_cast<std::size_t>(k);
  return index < kind_names.size() ? kind_names[index] : "manual";
}

std::optional<checkpoint_kind> parse_checkpoint_kind(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kind_names.size(); ++i)
    if (kind_names[i] == text) return static_cast<checkpoint_kind>(i);
  return std::nullopt;
}

void append_json(std::string& out, const checkpoint_record& c) {
  json_writer w(out);
  w.begin_object().name("at").text(c.at).name("broadcast_date").text(c.position.broadcast_date);
  w.name("day").number(c.position.day).name("head").text(c.head).name("hour").number(c.position.hour);
  w.name("id").text(c.id).name("kind").text(to_string(c.kind)).name("seq").number(c.seq);
  w.name("slot").number(c.position.slot).end_object();
}

void to_json(nlohmann::json& j, const checkpoint_record& c) {
  std::string text;
  append_json(text, c);
  j = nlohmann::json::parse(text);
}

void from_json(const nlohmann::json& j, checkpoint_record& c) {
  checkpoint_record read;
  j.at("id").get_to(read.id);
  const auto& kind = j.at("kind").get_ref<const std::string&>();
  const auto parsed = parse_checkpoint_kind(kind);
  if (!parsed) throw nlohmann::json::other_error::create(501, "kind: unknown value \"" + kind + "\"", nullptr);
  read.kind = *parsed;
  j.at("seq").get_to(read.seq);
  j.at("day").get_to(read.position.day);
  j.at("hour").get_to(read.position.hour);
  j.at("slot").get_to(read.position.slot);
  j.at("broadcast_date").get_to(read.position.broadcast_date);
  j.at("at").get_to(read.at);
  j.at("head").get_to(read.head);
  c = std::move(read);
}

std::string checkpoint_id(const slot_position& position, std::uint64_t seq, checkpoint_kind kind) {
  auto id = "checkpoint_day" + std::to_string(position.day) + "_hour" + std::to_string(position.hour) + "_seg" +
            std::to_string(seq);
  if (kind != checkpoint_kind::hourly) id.append("_").append(to_string(kind));
  return id;
}

} // namespace longwave
