// JSON Schema checks of pack files, kept apart because valijson is slow to compile.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace longwave::storage {

/// What a schema has against a document.
struct schema_fault {
  /// Where: "stories[0].acts[1].summary"; empty for the whole document.
  std::string field;
  std::string why;
  /// True when the schema itself cannot be read.
  bool in_schema = false;
};

/// Schemas as they are needed, each read once.
class pack_schemas {
public:
  pack_schemas();
  ~pack_schemas();

  /// Checks `document` against `<folder>/<name>.schema.json`; nothing to say when there is no such file.
  std::optional<schema_fault> check(const std::filesystem::path& folder, const std::string& name,
                                    const nlohmann::json& document);

  /// Every fault, innermost ones first, each field once.
  std::vector<schema_fault> check_all(const std::filesystem::path& folder, const std::string& name,
                                      const nlohmann::json& document);

private:
  struct compiled;
  std::map<std::string, std::unique_ptr<compiled>> schemas_;
};

} // namespace longwave::storage
