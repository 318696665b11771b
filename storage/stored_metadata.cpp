// Looks a story's metadata up in the store.
#include "storage/stored_metadata.hpp"

#include "storage/output_folder.hpp"

#include <nlohmann/json.hpp>

namespace longwave::storage {

metadata_writer stored_metadata(const store& from) {
  return [&from](const segment_record& record, const run_config& config) {
    const auto how = from.provenance(config.run_id, record.seq);
    if (!how) return story_metadata_text(record, "{}");
    const auto j = nlohmann::json::parse(how.value(), nullptr, false);
    if (!j.is_object() || !j.contains("metadata")) return story_metadata_text(record, "{}");
    return j["metadata"].dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  };
}

} // namespace longwave::storage
