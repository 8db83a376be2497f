"""Of what kind the data are that the libraries keep which the pages rest on."""

from selfcard.core.held import Held, held

HELD: dict[str, Held] = {
    "auth.Permission": held(business="name codename"),
    "auth.Group": held(business="name"),
    "contenttypes.ContentType": held(business="app_label model"),
    "sessions.Session": held(key="session_key session_data", business="expire_date"),
    "account.EmailAddress": held(staff="email"),
    "account.EmailConfirmation": held(key="key", business="id email_address created sent"),
    "mfa.Authenticator": held(key="data", business="id user type created_at last_used_at"),
    "axes.AccessFailureLog": held(
        staff="username",
        source="user_agent ip_address http_accept path_info",
    ),
    "axes.AccessAttempt": held(
        staff="username",
        source="user_agent ip_address http_accept path_info get_data post_data",
    ),
    "axes.AccessLog": held(
        staff="username",
        source="user_agent ip_address http_accept path_info session_hash",
    ),
    "procrastinate.ProcrastinateJob": held(business="queue_name task_name lock args queueing_lock"),
    "procrastinate.ProcrastinatePeriodicDefer": held(business="task_name periodic_id"),
}
