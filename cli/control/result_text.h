#ifndef LOCKSTITCH_CLI_CONTROL_RESULT_TEXT_H_
#define LOCKSTITCH_CLI_CONTROL_RESULT_TEXT_H_

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "cli/output.h"
#include "lockstitch/v1/access.pb.h"
#include "lockstitch/v1/control.pb.h"
#include "lockstitch/v1/record.pb.h"

namespace lockstitch::cli {

// Prints a result: `table` for people, else the message.
void PrintResult(Output output, const google::protobuf::Message& message, const std::string& table);

// 2026-01-31 12:00:00 in UTC; a dash for a time that isn't set.
std::string TimeText(bool set, const google::protobuf::Timestamp& time);

// The last part of a resource's name.
std::string IdOf(const std::string& resource);

// Each as a table or lines for people.
std::string ChangesText(const google::protobuf::RepeatedPtrField<v1::FieldChange>& changes);
std::string StepsText(const google::protobuf::RepeatedPtrField<v1::IntegrationCheckStep>& steps);
std::string ProblemsText(const google::protobuf::RepeatedPtrField<v1::Problem>& problems);
std::string IntegrationsText(
    const google::protobuf::RepeatedPtrField<v1::IntegrationRecord>& integrations);
std::string IntegrationText(const v1::IntegrationRecord& record);
std::string StreamsText(const google::protobuf::RepeatedPtrField<v1::StreamRecord>& streams);
std::string JobsText(const google::protobuf::RepeatedPtrField<v1::Job>& jobs);
std::string ReportsText(const google::protobuf::RepeatedPtrField<v1::LoadReport>& reports);
std::string UsageText(const google::protobuf::RepeatedPtrField<v1::UsageDay>& days);
std::string SlotsText(const google::protobuf::RepeatedPtrField<v1::SkippedSlots>& slots);
std::string TokensText(const google::protobuf::RepeatedPtrField<v1::Token>& tokens);
std::string AuditText(const google::protobuf::RepeatedPtrField<v1::AuditEntry>& entries);

// One line of a log.
std::string LogLine(const v1::LogEntry& entry);

}  // namespace lockstitch::cli

#endif  // LOCKSTITCH_CLI_CONTROL_RESULT_TEXT_H_
