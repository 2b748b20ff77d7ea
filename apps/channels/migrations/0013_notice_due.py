"""Notices that are kept and not done become a queue; what waited until now is due at once."""

from django.db import migrations, models
from django.db.models import F, Q


def make_due(apps, schema_editor):
    apps.get_model("channels", "WebhookEvent").objects.filter(state="received").exclude(told={}).update(due_at=F("received_at"))


class Migration(migrations.Migration):
    dependencies = [("channels", "0012_certificates")]

    operations = [
        migrations.RemoveIndex(model_name="webhookevent", name="notice_undone"),
        migrations.AddField(model_name="webhookevent", name="due_at", field=models.DateTimeField(null=True)),
        migrations.RunPython(make_due, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="webhookevent",
            constraint=models.CheckConstraint(condition=Q(("due_at", None), ("state", "received"), _connector="OR"), name="notice_due_is_undone"),
        ),
        migrations.AddIndex(
            model_name="webhookevent",
            index=models.Index(condition=Q(("due_at__isnull", False)), fields=["due_at"], name="notice_due"),
        ),
    ]
