"""What holds of chained events; apart from the filling of them, which PostgreSQL wants committed first."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("audit", "0002_chain")]

    operations = [
        migrations.AddIndex(
            "auditevent", models.Index(condition=models.Q(seq__isnull=True), fields=["id"], name="audit_unchained")
        ),
        migrations.AddConstraint("auditevent", models.UniqueConstraint(fields=("merchant_id", "seq"), name="audit_seq_once")),
        migrations.AddConstraint(
            "auditevent",
            models.UniqueConstraint(condition=models.Q(merchant_id__isnull=True), fields=("seq",), name="audit_platform_seq_once"),
        ),
        migrations.AddConstraint(
            "auditevent", models.CheckConstraint(condition=models.Q(content_hash__length=64), name="audit_content_hashed")
        ),
    ]
