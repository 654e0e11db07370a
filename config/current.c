#include "config/current.h"

void config_current_init(struct config_current *current, const struct config *config)
{
	g_mutex_init(&current->lock);
	current->config = config_ref(config);
}

void config_current_clear(struct config_current *current)
{
	config_unref(&current->config);
	g_mutex_clear(&current->lock);
}

const struct config *config_current_get(struct config_current *current)
{
	const struct config *config;

	g_mutex_lock(&current->lock);
	config = config_ref(current->config);
	g_mutex_unlock(&current->lock);
	return config;
}

void config_current_replace(struct config_current *current, const struct config *config)
{
	const struct config *old;

	g_mutex_lock(&current->lock);
	old = current->config;
	current->config = config_ref(config);
	g_mutex_unlock(&current->lock);
	config_unref(&old);
}
