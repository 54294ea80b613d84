using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Identity.Signing.Storage.Migrations
{
    /// <inheritdoc />
    public partial class PadesLevels : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Level",
                table: "Requests",
                nullable: false,
                defaultValue: "T");

            migrationBuilder.AddColumn<long>(
                name: "NextTryAt",
                table: "Approvals",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "Tries",
                table: "Approvals",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.CreateIndex(
                name: "IX_Approvals_NextTryAt",
                table: "Approvals",
                column: "NextTryAt");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Approvals_NextTryAt",
                table: "Approvals");

            migrationBuilder.DropColumn(
                name: "Level",
                table: "Requests");

            migrationBuilder.DropColumn(
                name: "NextTryAt",
                table: "Approvals");

            migrationBuilder.DropColumn(
                name: "Tries",
                table: "Approvals");
        }
    }
}
