# METADATA
# title: Settings
# description: The tunables of the kind that is being decided. Rules hold logic; numbers and groups live in data.config.
package approval.lib.settings

# METADATA
# title: Settings of the kind
kind := data.config.kinds[input.kind]

# METADATA
# title: Settings of a tier
# description: A tier without settings has neither requirements nor lifetimes, and the engine lets nothing pass then.
tier(name) := object.get(kind, ["tiers", name], {})
