"""Platform staff may look up how a file came in; the books themselves are changed by files alone."""

from django.contrib import admin

from apps.orders.models import BookImport


@admin.register(BookImport)
class BookImportAdmin(admin.ModelAdmin):
    list_display = ("created_at", "merchant", "kind", "name", "rows_in", "rows_new", "rows_changed")
    list_select_related = ("merchant",)
    show_full_result_count = False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
