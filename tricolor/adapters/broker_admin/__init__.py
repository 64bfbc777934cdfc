"""Looking at and administering the broker: its configuration, its $SYS topics, and mosquitto's dynamic security."""
