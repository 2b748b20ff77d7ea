from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery


def whole_lines(apps, schema_editor):
    """Until now every tie was of one payout and one bank line, whole."""
    ties, lines = apps.get_model("settlements", "BankMatch"), apps.get_model("settlements", "BankLine")
    whole = Subquery(lines.objects.filter(pk=OuterRef("bank_line_id")).values("amount_minor")[:1])
    ties.objects.update(amount_minor=whole)


class Migration(migrations.Migration):

    dependencies = [
        ('settlements', '0005_bank_previews'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='bankmatch', name='bank_match_payout_once'),
        migrations.RemoveConstraint(model_name='bankmatch', name='bank_match_line_once'),
        migrations.AddField(model_name='bankmatch', name='slot', field=models.SmallIntegerField(default=0)),
        migrations.AddField(model_name='bankmatch', name='line_slot', field=models.SmallIntegerField(default=0)),
        migrations.AddField(model_name='bankmatch', name='amount_minor', field=models.BigIntegerField(null=True)),
        migrations.RunPython(whole_lines, migrations.RunPython.noop),
        migrations.AlterField(model_name='bankmatch', name='amount_minor', field=models.BigIntegerField()),
        migrations.AlterField(
            model_name='bankmatch',
            name='rule',
            field=models.CharField(choices=[('provider_ref', 'same provider number'), ('merchant_ref', 'same merchant number'), ('refund_ref', 'same refund number'), ('payment_amount', 'refund of the same payment with the same amount'), ('payment_time', 'refund of the same payment, nearest in time'), ('amount_time', 'only payment of this amount at that time'), ('group_sum', 'several lines add up to the payment'), ('manual', 'matched by hand'), ('payout_ref', 'payout number in the bank memo'), ('payout_sum', 'only these payouts add up to the deposit'), ('deposit_sum', 'only these deposits add up to the payout'), ('due_amount', 'amount and date of the payout'), ('due_date', 'date of the payout, another amount')], max_length=16),
        ),
        migrations.AlterField(
            model_name='match',
            name='rule',
            field=models.CharField(choices=[('provider_ref', 'same provider number'), ('merchant_ref', 'same merchant number'), ('refund_ref', 'same refund number'), ('payment_amount', 'refund of the same payment with the same amount'), ('payment_time', 'refund of the same payment, nearest in time'), ('amount_time', 'only payment of this amount at that time'), ('group_sum', 'several lines add up to the payment'), ('manual', 'matched by hand'), ('payout_ref', 'payout number in the bank memo'), ('payout_sum', 'only these payouts add up to the deposit'), ('deposit_sum', 'only these deposits add up to the payout'), ('due_amount', 'amount and date of the payout'), ('due_date', 'date of the payout, another amount')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='bankmatch',
            constraint=models.UniqueConstraint(fields=['payout', 'slot'], condition=Q(voided_at=None), name='bank_match_payout_once'),
        ),
        migrations.AddConstraint(
            model_name='bankmatch',
            constraint=models.UniqueConstraint(fields=['bank_line', 'line_slot'], condition=Q(voided_at=None), name='bank_match_line_once'),
        ),
        migrations.AddConstraint(
            model_name='bankmatch',
            constraint=models.UniqueConstraint(fields=['payout', 'bank_line'], condition=Q(voided_at=None), name='bank_match_pair_once'),
        ),
        migrations.AddConstraint(
            model_name='bankmatch',
            constraint=models.CheckConstraint(condition=Q(slot__gte=0, line_slot__gte=0), name='bank_match_slots_counted'),
        ),
        migrations.AddField(model_name='payout', name='returned_on', field=models.DateField(null=True)),
        migrations.AddField(model_name='payout', name='carried_by', field=models.CharField(blank=True, default='', max_length=100), preserve_default=False),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=Q(carried_by='') | Q(returned_on__isnull=False), name='payout_carried_after_return'),
        ),
    ]
