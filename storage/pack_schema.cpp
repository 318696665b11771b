// valijson behind a narrow door: compiles schemas and words the first fault.
#include "storage/pack_schema.hpp"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <algorithm>
#include <exception>
#include <fstream>

namespace longwave::storage {

struct pack_schemas::compiled {
  nlohmann::json source;
  valijson::Schema schema;
  /// Keeps the patterns that it has compiled: a schema is held against many files.
  valijson::Validator validator;
};

namespace {

/// "<root>", "[stories]", "[0]" -> "stories[0]".
std::string field_name(const std::vector<std::string>& context) {
  std::string field;
  for (const auto& part : context) {
    if (part.size() < 2 || part.front() != '[') continue;
    const auto name = part.substr(1, part.size() - 2);
    if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos)
      field += part;
    else
      field += (field.empty() ? "" : ".") + name;
  }
  return field;
}

/// All that say something of their own: "the element does not fit" about what another fault names already says nothing.
std::vector<schema_fault> innermost(valijson::ValidationResults& results) {
  std::vector<schema_fault> faults;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) faults.push_back({field_name(error.context), error.description, false});
  std::vector<schema_fault> kept;
  for (const auto& fault : faults) {
    const auto deeper = [&](const schema_fault& other) {
      return other.field.size() > fault.field.size() && other.field.rfind(fault.field, 0) == 0;
    };
    const auto same = [&](const schema_fault& other) { return other.field == fault.field; };
    if (std::any_of(faults.begin(), faults.end(), deeper) && fault.why.rfind("Failed", 0) == 0) continue;
    if (std::none_of(kept.begin(), kept.end(), same)) kept.push_back(fault);
  }
  return kept.empty() ? faults : kept;
}

} // namespace

pack_schemas::pack_schemas() = default;
pack_schemas::~pack_schemas() = default;

std::optional<schema_fault> pack_schemas::check(const std::filesystem::path& folder, const std::string& name,
                                                const nlohmann::json& document) {
  auto faults = check_all(folder, name, document);
  if (faults.empty()) return std::nullopt;
  const auto depth = [](const schema_fault& f) { return std::count(f.field.begin(), f.field.end(), '.') + std::count(f.field.begin(), f.field.end(), '['); };
  return *std::max_element(faults.begin(), faults.end(), [&](const auto& x, const auto& y) { return depth(x) < depth(y); });
}

std::vector<schema_fault> pack_schemas::check_all(const std::filesystem::path& folder, const std::string& name,
                                                  const nlohmann::json& document) {
  auto& entry = schemas_[name];
  try {
    if (!entry) {
      std::ifstream in(folder / (name + ".schema.json"), std::ios::binary);
      if (!in) return {};
      auto fresh = std::make_unique<compiled>();
      fresh->source = nlohmann::json::parse(in);
      valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
      parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(fresh->source), fresh->schema);
      entry = std::move(fresh);
    }
    // Without results nothing is worded: most documents have no fault.
    const valijson::adapters::NlohmannJsonAdapter target(document);
    if (entry->validator.validate(entry->schema, target, nullptr)) return {};
    valijson::ValidationResults results;
    entry->validator.validate(entry->schema, target, &results);
    return innermost(results);
  } catch (const std::exception& e) {
    return {schema_fault{"", e.what(), true}};
  }
}

} // namespace longwave::storage
