#include <iostream>

#include "telemetry/metric_table.h"

int main() { std::cout << lockstitch::telemetry::MetricsPage(); }
